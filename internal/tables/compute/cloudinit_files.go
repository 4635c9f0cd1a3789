package compute

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"dewpoint/internal/cloudinit"
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/held"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

var cloudinitFileHooks = engine.Hooks{
	Create: func(w *engine.Inside, r *schema.Record) error {
		measureFile(compute.CloudinitFileCol.Contents.Of(r)).each(r.Put)
		return fitsSeed(w, r)
	},
	Update: func(w *engine.Inside, old *schema.Record, set schema.Set) error {
		if contents, given := compute.CloudinitFileCol.Contents.In(set); given {
			measureFile(contents).each(func(name string, v schema.Value) { set[name] = v })
		}
		return fitsSeed(w, old.With(set))
	},
	Changed: func(w *engine.Inside, old, now *schema.Record) error {
		if now == nil {
			now = old
		}
		vm, err := ownerVM(w, now)
		if errs.Is(err, errs.NotFound) || errs.Is(err, errs.Invalid) {
			return nil // it goes with its VM, or an older version took it for another owner
		}
		if err == nil {
			err = held.Tell(w.Tx, vm.Machine)
		}
		return err
	},
}

// fitsSeed refuses a file that can't be on the disk of its VM together with the others.
func fitsSeed(w *engine.Inside, r *schema.Record) error {
	vm, err := ownerVM(w, r)
	if err != nil {
		return err
	}
	files, err := store.FindRows[compute.CloudinitFile](w.Tx, store.Is(compute.CloudinitFileCol.Owner, compute.CloudinitFileCol.Owner.Of(r).Text()))
	if err != nil {
		return err
	}
	file := store.RowOf[compute.CloudinitFile](r)
	files = slices.DeleteFunc(files, func(f compute.CloudinitFile) bool { return f.Key == file.Key })
	return cloudinit.Check(vm.CloudinitDatasource, append(files, file))
}

// fitsSource refuses another source for a VM's files that can't be a seed for it.
func fitsSource(w *engine.Inside, vm *schema.Record, source string) error {
	files, err := store.FindRows[compute.CloudinitFile](w.Tx, store.Is(compute.CloudinitFileCol.Owner, "vms/"+vm.Key.Text()))
	if err != nil {
		return err
	}
	err = cloudinit.Check(source, files)
	if e := errs.As(err); e != nil {
		return errs.Field("cloudinit_datasource", "doesn't fit the VM's files for cloud-init: %s", errs.Ours(cmp.Or(e.Why, e.Text)))
	}
	return err
}

// ownerVM is the VM of a file; owners of other tables have none.
func ownerVM(w *engine.Inside, r *schema.Record) (vm compute.VM, err error) {
	var key int64
	if _, err := fmt.Sscanf(compute.CloudinitFileCol.Owner.Of(r).Text(), "vms/%d", &key); err != nil {
		return vm, errs.Field("owner", "must be a VM")
	}
	return store.GetRow[compute.VM](w.Tx, key)
}

// sizes are those of a file.
type sizes compute.CloudinitFileSet

func measureFile(contents schema.Value) sizes {
	n := int64(len(contents.Text()))
	return sizes(compute.CloudinitFileSet{}.Filesize(n).AllocatedBytes(n).UsedBytes(n))
}

func (s sizes) each(put func(string, schema.Value)) {
	for name, v := range s {
		put(name, v)
	}
}

// addCloudinitFiles makes the files that a client sent with a new VM, as Packer does: a list of objects with a name and contents.
func addCloudinitFiles(w *engine.Inside, r *schema.Record) error {
	raw := w.Given["cloudinit_files"]
	var text string
	if json.Unmarshal(raw, &text) == nil {
		raw = json.RawMessage(text) // clients send lists as texts, too
	}
	if len(raw) == 0 {
		return nil
	}
	var files []schema.Input
	if err := json.Unmarshal(raw, &files); err != nil {
		return errs.Field("cloudinit_files", "must be a list of objects with a name and contents")
	}
	for _, f := range files {
		f["owner"] = engine.Text(fmt.Sprintf("vms/%d", r.Key.Int()))
		if _, err := w.Create("cloudinit_files", f); err != nil {
			return err
		}
	}
	return nil
}
