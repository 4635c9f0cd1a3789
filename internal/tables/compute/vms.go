package compute

import (
	"github.com/google/uuid"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/held"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/model/network"
	"dewpoint/internal/model/storage"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/internal/tables/power"
)

var vmHooks = engine.Hooks{
	Create:  prepareVM,
	Created: finishVM,
	Update:  updateVM,
	Remove: func(w *engine.Inside, r *schema.Record) error {
		if err := refuseSnapshots(r); err != nil {
			return err
		}
		return endMaking(w, r)
	},
	Changed: func(w *engine.Inside, _, now *schema.Record) error {
		if now == nil {
			return nil
		}
		return held.Tell(w.Tx, compute.VMCol.Machine.Of(now).Int())
	},
	Actions: powerActions(map[string]engine.Action{
		"execute":      executeInVM,
		"poweron":      powerOnVM,
		"reset":        resetVM,
		"hotplugdrive": hotplugDrive,
		"hotplugnic":   hotplugNIC,
		"changecd":     changeCD,
		"changenet":    changeNet,
		"erase_drive":  eraseDrive,
		"fsync_strict": fsyncStrict,
		"clone":        cloneVM,
		"export":       exportVM,
		"release":      releaseVM,
		"snapshot": func(w *engine.Inside, r *schema.Record, p schema.Set) error {
			return snapshotVM(w, r, p, p["quiesce"].Bool())
		},
		"quiesce_snapshot": func(w *engine.Inside, r *schema.Record, p schema.Set) error { return snapshotVM(w, r, p, true) },
		"restore":          restoreVM,
		"refresh": func(w *engine.Inside, r *schema.Record, _ schema.Set) error {
			w.Tx.Touch("machines", compute.VMCol.Machine.Of(r))
			return nil
		},
	}),
}

// powerActions completes actions with the power verbs that have no hook of their own.
func powerActions(actions map[string]engine.Action) map[string]engine.Action {
	for _, v := range compute.PowerVerbs() {
		if actions[v.Action.Name] == nil {
			actions[v.Action.Name] = func(w *engine.Inside, r *schema.Record, _ schema.Set) error { return powerVM(w, r, v) }
		}
	}
	for name, act := range actions {
		if name != "restore" && name != "clone" && name != "refresh" {
			actions[name] = notOfSnapshots(act)
		}
	}
	return actions
}

// powerVM asks for a power verb, where its VM can be asked.
func powerVM(w *engine.Inside, r *schema.Record, v compute.PowerVerb) error {
	if v.Running {
		return powerRunning(w, r, v.Op)
	}
	return power.Ask(w, compute.VMCol.Machine.Of(r), v.Op, v.On)
}

func prepareVM(w *engine.Inside, r *schema.Record) error {
	if compute.VMCol.UUID.Of(r).IsNull() {
		compute.VMCol.UUID.Put(r, uuid.NewString())
	}
	id, err := uuid.Parse(compute.VMCol.UUID.Of(r).Text())
	if err != nil {
		return errs.Field("uuid", "is not a UUID")
	}
	compute.VMCol.UUID.Put(r, id.String())
	r.PutAll(schema.Set(compute.VMSet{}.Null(compute.VMCol.CloudinitFiles))) // they become rows
	if err := hasCPU(w, compute.VMCol.CPUType.Of(r).Text()); err != nil {
		return err
	}
	if err := mayTune(w, nil, schema.Set(compute.VMSet{}.Advanced(compute.VMCol.Advanced.Of(r).Text())), compute.VMCol.Advanced); err != nil {
		return err
	}
	return fitsConsole(r, compute.VMCol.ConsolePass.Of(r))
}

// fitsConsole refuses a password that VNC would cut off (RFC 6143, 7.2.2).
func fitsConsole(vm *schema.Record, password schema.Value) error {
	const longest = 8
	if console := compute.VMCol.Console.Of(vm).Text(); (console == "" || console == "vnc") && len(password.Text()) > longest {
		return errs.Field("console_pass", "has %d bytes; a console by VNC takes at most %d, one by SPICE more", len(password.Text()), longest)
	}
	return nil
}

// finishVM tells the machine who it is.
func finishVM(w *engine.Inside, r *schema.Record) error {
	vm := store.RowOf[compute.VM](r)
	if err := store.Write(w.Tx, vm.Machine, compute.MachineSet{}.UUID(vm.UUID).Cores(vm.CPUCores).RAM(vm.RAM)); err != nil {
		return err
	}
	if err := addCloudinitFiles(w, r); err != nil {
		return err
	}
	return power.Obey(w, r, compute.VMCol.Machine.Of(r))
}

func updateVM(w *engine.Inside, old *schema.Record, set schema.Set) error {
	if err := refuseSnapshots(old); err != nil {
		return err
	}
	if err := mayTune(w, old, set, compute.VMCol.Advanced); err != nil {
		return err
	}
	if model, given := compute.VMCol.CPUType.In(set); given && model != compute.VMCol.CPUType.Of(old) {
		if err := hasCPU(w, model.Text()); err != nil {
			return err
		}
	}
	if password, given := compute.VMCol.ConsolePass.In(set); given {
		if err := fitsConsole(old.With(set), password); err != nil {
			return err
		}
	}
	if source, given := compute.VMCol.CloudinitDatasource.In(set); given && source != compute.VMCol.CloudinitDatasource.Of(old) {
		if err := fitsSource(w, old, source.Text()); err != nil {
			return err
		}
	}
	machine := compute.MachineSet{}
	if v, ok := compute.VMCol.CPUCores.In(set); ok {
		machine.Cores(v.Int())
	}
	if v, ok := compute.VMCol.RAM.In(set); ok {
		machine.RAM(v.Int())
	}
	if err := store.Write(w.Tx, compute.VMCol.Machine.Of(old), machine); err != nil {
		return err
	}
	return power.Obey(w, old, compute.VMCol.Machine.Of(old))
}

func powerOnVM(w *engine.Inside, r *schema.Record, _ schema.Set) error {
	if !compute.VMCol.Enabled.Of(r).Bool() {
		return errs.New(errs.Conflict, "vm_disabled", "VM %q is disabled; enable it first", compute.VMCol.Name.Of(r).Text())
	}
	if err := useMedia(w, r); err != nil {
		return err
	}
	if err := startNetworks(w, compute.VMCol.Machine.Of(r)); err != nil {
		return err
	}
	return power.Ask(w, compute.VMCol.Machine.Of(r), compute.PowerOn, true)
}

// startNetworks starts the networks of a machine that wait for their first VM. One that somebody has started or stopped waits no longer.
func startNetworks(w *engine.Inside, machine schema.Value) error {
	nics, err := store.FindRows[compute.MachineNIC](w.Tx, store.Is(compute.MachineNICCol.Machine, machine.Int()))
	if err != nil {
		return err
	}
	for _, nic := range nics {
		if nic.Vnet == 0 || !nic.Enabled {
			continue
		}
		if err := startNetwork(w, nic.Vnet); err != nil {
			return err
		}
	}
	return nil
}

func startNetwork(w *engine.Inside, key int64) error {
	vnet, err := store.GetRow[network.Vnet](w.Tx, key)
	if err != nil || !vnet.OnDemand || !vnet.Enabled {
		return err
	}
	router, err := store.GetRow[compute.Machine](w.Tx, vnet.Machine)
	if err != nil || router.PowerSeq > 0 {
		return err
	}
	return power.Ask(w, schema.IntValue(vnet.Machine), compute.PowerOn, true)
}

// useMedia notes that the files in the drives of a VM are used. Each must have arrived whole.
func useMedia(w *engine.Inside, vm *schema.Record) error {
	drives, err := store.FindRows[compute.MachineDrive](w.Tx, store.Is(compute.MachineDriveCol.Machine, compute.VMCol.Machine.Of(vm).Int()))
	if err != nil {
		return err
	}
	for _, d := range drives {
		if d.MediaSource == 0 || !d.Enabled {
			continue
		}
		file, err := store.GetRow[storage.File](w.Tx, d.MediaSource)
		if err != nil {
			return err
		}
		if !file.Complete {
			return errs.New(errs.Conflict, "media_incomplete", "file %q, used by a drive of VM %q, isn't completely uploaded; finish the upload first",
				file.Name, compute.VMCol.Name.Of(vm).Text())
		}
		if err := store.Write(w.Tx, file.Key, storage.FileSet{}.LastUsed(w.Tx.Now().Unix()).Modified(file.Modified)); err != nil {
			return err
		}
	}
	return nil
}

func resetVM(w *engine.Inside, r *schema.Record, params schema.Set) error {
	if params["graceful"].Bool() {
		return powerRunning(w, r, compute.Reboot)
	}
	if err := startNetworks(w, compute.VMCol.Machine.Of(r)); err != nil {
		return err
	}
	return powerRunning(w, r, compute.Reset)
}

// powerRunning asks for an operation that only a running VM can take.
func powerRunning(w *engine.Inside, r *schema.Record, op string) error {
	status, err := store.GetRow[compute.MachineStatus](w.Tx, compute.VMCol.Machine.Of(r))
	if err != nil {
		return err
	}
	if !status.Running && !status.Powerstate {
		return errs.New(errs.Conflict, "vm_not_running", "VM %q isn't running; power it on first", compute.VMCol.Name.Of(r).Text())
	}
	return power.Ask(w, compute.VMCol.Machine.Of(r), op, true)
}
