package compute_test

import (
	"encoding/json"
	"log/slog"
	"testing"

	"dewpoint/internal/engine"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/test/rig"
)

// TestCloudinitFiles: files that come with a VM are rows, which go with it. What can't be its disk for cloud-init isn't made, nor the VM.
func TestCloudinitFiles(t *testing.T) {
	t.Parallel()
	s := rig.Start(t, t.TempDir(), slog.New(slog.DiscardHandler))
	ctx := perm.WithActor(t.Context(), perm.System("admin"))
	vm := schema.Input{
		"name": engine.Text("a"), "cloudinit_datasource": engine.Text("nocloud"),
		"cloudinit_files": json.RawMessage(`[{"name":"/user-data","contents":"#cloud-config\n","render":"No"},{"name":"meta-data"}]`),
	}
	create := func(in schema.Input) (r *schema.Record, err error) {
		err = s.Engine.Do(ctx, func(w *engine.Write) error { r, err = w.Create("vms", in); return err })
		return r, err
	}
	r, err := create(vm)
	if err != nil {
		t.Fatal(err)
	}
	files := func() (rows []compute.CloudinitFile) {
		t.Helper()
		if err := s.DB.View(t.Context(), func(tx *store.Tx) (err error) { rows, err = store.FindRows[compute.CloudinitFile](tx); return err }); err != nil {
			t.Fatal(err)
		}
		return rows
	}
	rows := files()
	if len(rows) != 2 || rows[0].Owner != "vms/"+r.Key.Text() || rows[0].Contents != "#cloud-config\n" || rows[0].Filesize != 14 || rows[0].Render != "no" || rows[1].Name != "meta-data" {
		t.Fatalf("the files are %+v", rows)
	}
	for name, change := range map[string]schema.Input{
		"no metadata": {"name": engine.Text("b"), "cloudinit_files": json.RawMessage(`[{"name":"meta-data","contents":"- a"}]`)}, "twice the same name": {"name": engine.Text("c"), "cloudinit_files": json.RawMessage(`[{"name":"x"},{"name":"x"}]`)},
		"no list": {"name": engine.Text("d"), "cloudinit_files": json.RawMessage(`{"name":"x"}`)}, "no name": {"name": engine.Text("e"), "cloudinit_files": json.RawMessage(`[{"contents":"x"}]`)},
		"a profile that can't be": {"name": engine.Text("f"), "snapshot_profile": engine.Number(99), "cloudinit_files": nil},
	} {
		in := schema.Input{}
		for column, v := range vm {
			in[column] = v
		}
		for column, v := range change {
			in[column] = v
		}
		if made, err := create(in); err == nil {
			t.Errorf("%s: VM %s is made", name, made.Key.Text())
		}
	}
	if err := s.Engine.Do(ctx, func(w *engine.Write) error { return w.Delete("vms", r.Key.Text()) }); err != nil || len(files()) != 0 {
		t.Errorf("after the deletion of their VM (%v) there are the files %+v", err, files())
	}
}
