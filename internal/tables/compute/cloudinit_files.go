package compute

import (
	"encoding/json"
	"fmt"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/schema"
)

var cloudinitFileHooks = engine.Hooks{
	Create: func(_ *engine.Inside, r *schema.Record) error {
		measureFile(compute.CloudinitFileCol.Contents.Of(r)).each(r.Put)
		return nil
	},
	Update: func(_ *engine.Inside, _ *schema.Record, set schema.Set) error {
		if contents, given := compute.CloudinitFileCol.Contents.In(set); given {
			measureFile(contents).each(func(name string, v schema.Value) { set[name] = v })
		}
		return nil
	},
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

// refuseCloudinit keeps a VM off that is to find a source for cloud-init: it would boot without, and never ask again.
func refuseCloudinit(r *schema.Record) error {
	source := compute.VMCol.CloudinitDatasource.Of(r).Text()
	if source == "" || source == "none" {
		return nil
	}
	return errs.New(errs.NotBuilt, "not_built", "VM %q is to find its settings by cloud-init (%s), which isn't built yet; set cloudinit_datasource to none to start it without",
		compute.VMCol.Name.Of(r).Text(), errs.Ours(source))
}
