package compute

import "dewpoint/internal/schema"

// The power operations of machines.power_op.
const (
	PowerOn  = "poweron"
	PowerOff = "poweroff"
	Kill     = "kill"
	Reset    = "reset"
	Reboot   = "reboot"

	Pause     = "pause"
	Resume    = "resume"
	Hibernate = "hibernate"
)

// Hibernated is the word of machine_status.status for a machine that is off and whose guest's memory is kept: its next start goes on from there.
const Hibernated = "hibernated"

// PowerVerb is something that can be asked of a VM's power. A verb is one entry here, from which come the column's value, the action and the
// plan of the controller, and one entry among libvirt's calls (internal/host/libvirt, powers).
type PowerVerb struct {
	Op      string        // the value of machines.power_op
	Action  schema.Action // by which clients ask for it
	On      bool          // power is wanted afterwards
	Running bool          // only a VM that runs can be asked
	Cuts    bool          // the guest is gone when the host has done it
}

// PowerVerbs lists all of them, in the order of the actions.
func PowerVerbs() []PowerVerb {
	return []PowerVerb{
		{Op: PowerOn, On: true, Action: schema.Action{Name: "poweron", Doc: "start the VM", Params: schema.Fields{schema.Row("preferred_node", "nodes")}}},
		{Op: PowerOff, Action: schema.Action{Name: "poweroff", Doc: "press the ACPI power button"}},
		{Op: Kill, Cuts: true, Action: schema.Action{Name: "kill", Doc: "cut the power", Aliases: []string{"killpower"}}},
		{Op: Reset, On: true, Running: true, Action: schema.Action{
			Name: "reset", Doc: "press the reset button, or ask the guest to reboot when graceful is true", Params: schema.Fields{schema.Bool("graceful")},
		}},
		{Op: Reboot, On: true, Running: true, Action: schema.Action{Name: "guestreboot", Doc: "ask the guest to reboot", Aliases: []string{"guestreset"}}},
		{Op: Pause, On: true, Running: true, Action: schema.Action{Name: "pause", Doc: "stop the guest's CPUs. Its memory stays as it is"}},
		{Op: Resume, On: true, Running: true, Action: schema.Action{Name: "resume", Doc: "let the CPUs of a paused guest run on", Aliases: []string{"unpause"}}},
		{Op: Hibernate, Running: true, Action: schema.Action{
			Name: "hibernate", Doc: "write the guest's memory to disk and switch the VM off. poweron goes on from there; kill drops the memory",
		}},
	}
}

// FindPowerVerb returns the verb of an operation.
func FindPowerVerb(op string) (v PowerVerb, known bool) {
	for _, v := range PowerVerbs() {
		if v.Op == op {
			return v, true
		}
	}
	return v, false
}

func powerOps() (ops []string) {
	for _, v := range PowerVerbs() {
		ops = append(ops, v.Op)
	}
	return ops
}

func powerActions() (actions schema.Actions) {
	for _, v := range PowerVerbs() {
		actions = append(actions, v.Action)
	}
	return actions
}
