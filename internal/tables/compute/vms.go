package compute

import (
	"github.com/google/uuid"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/internal/tables/power"
)

var vmHooks = engine.Hooks{
	Create:  prepareVM,
	Created: finishVM,
	Update:  updateVM,
	Actions: powerActions(map[string]engine.Action{
		"poweron":      powerOnVM,
		"reset":        resetVM,
		"hotplugdrive": hotplugDrive,
		"refresh": func(w *engine.Inside, r *schema.Record, _ schema.Set) error {
			w.Tx.Touch("machines", r.Get("machine"))
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
	return actions
}

// powerVM asks for a power verb, where its VM can be asked.
func powerVM(w *engine.Inside, r *schema.Record, v compute.PowerVerb) error {
	if v.Running {
		return powerRunning(w, r, v.Op)
	}
	return power.Ask(w, r.Get("machine"), v.Op, v.On)
}

func prepareVM(_ *engine.Inside, r *schema.Record) error {
	if r.Get("uuid").IsNull() {
		r.Put("uuid", schema.TextValue(uuid.NewString()))
	}
	id, err := uuid.Parse(r.Get("uuid").Text())
	if err != nil {
		return errs.Field("uuid", "is not a UUID")
	}
	r.Put("uuid", schema.TextValue(id.String()))
	return nil
}

// finishVM tells the machine who it is.
func finishVM(w *engine.Inside, r *schema.Record) error {
	if err := w.Tx.Change("machines", r.Get("machine"), schema.Set{"uuid": r.Get("uuid"), "cores": r.Get("cpu_cores"), "ram": r.Get("ram")}); err != nil {
		return err
	}
	return power.Obey(w, r)
}

func updateVM(w *engine.Inside, old *schema.Record, set schema.Set) error {
	machine := schema.Set{}
	for column, of := range map[string]string{"cpu_cores": "cores", "ram": "ram"} {
		if v, ok := set[column]; ok {
			machine[of] = v
		}
	}
	if err := w.Tx.Change("machines", old.Get("machine"), machine); err != nil {
		return err
	}
	return power.Obey(w, old)
}

func powerOnVM(w *engine.Inside, r *schema.Record, _ schema.Set) error {
	if !r.Get("enabled").Bool() {
		return errs.New(errs.Conflict, "vm_disabled", "VM %q is disabled; set enabled to true first", r.Get("name").Text())
	}
	media, err := incompleteMedia(w, r.Get("machine"))
	if err != nil {
		return err
	}
	if media != "" {
		return errs.New(errs.Conflict, "media_incomplete", "file %q, which a drive of VM %q uses, hasn't been uploaded whole; finish the upload first", media, r.Get("name").Text())
	}
	return power.Ask(w, r.Get("machine"), compute.PowerOn, true)
}

// incompleteMedia names a file that a drive of the machine needs and that hasn't arrived whole; "" when there is none.
func incompleteMedia(w *engine.Inside, machine schema.Value) (string, error) {
	drives, err := w.Tx.Find("machine_drives", store.Eq("machine", machine))
	if err != nil {
		return "", err
	}
	for _, d := range drives {
		if d.Get("media_source").IsNull() || !d.Get("enabled").Bool() {
			continue
		}
		file, err := w.Tx.Get("files", d.Get("media_source"))
		if err != nil {
			return "", err
		}
		if !file.Get("complete").Bool() {
			return file.Get("name").Text(), nil
		}
	}
	return "", nil
}

// hotplugDrive has nothing to do while the VM is off: it starts with the drives that it has then.
func hotplugDrive(w *engine.Inside, r *schema.Record, _ schema.Set) error {
	status, err := w.Tx.Get("machine_status", r.Get("machine"))
	if err == nil && (status.Get("running").Bool() || status.Get("powerstate").Bool()) {
		err = errs.New(errs.NotBuilt, "not_built", "hotplugdrive: drives can't be attached to or detached from a running VM yet; power %q off first", r.Get("name").Text())
	}
	return err
}

func resetVM(w *engine.Inside, r *schema.Record, params schema.Set) error {
	if params["graceful"].Bool() {
		return powerRunning(w, r, compute.Reboot)
	}
	return powerRunning(w, r, compute.Reset)
}

// powerRunning asks for an operation that only a running VM can take.
func powerRunning(w *engine.Inside, r *schema.Record, op string) error {
	status, err := w.Tx.Get("machine_status", r.Get("machine"))
	if err != nil {
		return err
	}
	if !status.Get("running").Bool() && !status.Get("powerstate").Bool() {
		return errs.New(errs.Conflict, "vm_not_running", "VM %q isn't running; power it on first", r.Get("name").Text())
	}
	return power.Ask(w, r.Get("machine"), op, true)
}
