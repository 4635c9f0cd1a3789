package compute_test

import (
	"encoding/json"
	"log/slog"
	"maps"
	"slices"
	"testing"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/model/system"
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/test/rig"
)

// TestCloneHasTheRowsOfTheVM but for what no two VMs may share, and its disks wait for the operation that the request began.
func TestCloneHasTheRowsOfTheVM(t *testing.T) {
	t.Parallel()
	s := rig.Start(t, t.TempDir(), slog.New(slog.DiscardHandler))
	ctx := perm.WithActor(t.Context(), perm.System("admin"))
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var vm string
	must(s.Engine.Do(ctx, func(w *engine.Write) error {
		r, err := w.Create("vms", schema.Input{
			"name": engine.Text("a"), "ram": engine.Number(512), "cpu_cores": engine.Number(3), "ha_group": engine.Text("h"), "console_pass": engine.Text("secret"),
			"console_pass_enabled": engine.Flag(true), "cloudinit_files": json.RawMessage(`[{"name":"/user-data","contents":"#cloud-config\n"}]`),
		})
		if err != nil {
			return err
		}
		vm = r.Key.Text()
		machine := json.RawMessage(w.Response["machine"])
		for table, in := range map[string]schema.Input{
			"machine_drives": {"machine": machine, "disksize": engine.Number(1 << 20), "serial": engine.Text("S1"), "interface": engine.Text("virtio")},
			"machine_nics":   {"machine": machine, "ipaddress": engine.Text("10.0.0.9"), "description": engine.Text("d")},
		} {
			if _, err := w.Create(table, in); err != nil {
				return err
			}
		}
		return nil
	}))
	var response map[string]string
	var began []int64
	clone := func(params schema.Input) error {
		return s.Engine.Do(ctx, func(w *engine.Write) error {
			err := w.Act("vms", vm, "clone", params)
			response, began = w.Response, w.Operations
			return err
		})
	}
	must(clone(schema.Input{"name": engine.Text("b"), "description": engine.Text("of a"), "preserve_macs": engine.Text("false")}))
	if keys := slices.Sorted(maps.Keys(response)); !slices.Equal(keys, []string{"clusterkey", "machinekey", "machinestatuskey", "vmkey"}) || len(began) != 1 {
		t.Fatalf("the reply has %v, and %d operations were begun", response, len(began))
	}
	must(s.DB.View(t.Context(), func(tx *store.Tx) error {
		vms, err := store.FindRows[compute.VM](tx)
		must(err)
		a, b := vms[0], vms[1]
		if b.Name != "b" || b.Description != "of a" || b.RAM != 512 || b.CPUCores != 3 || b.CreatedFrom != "clone" || b.UUID == a.UUID || b.ConsolePassEnabled || b.ConsolePass != "" {
			t.Errorf("the clone is %+v", b)
		}
		machine, err := store.GetRow[compute.Machine](tx, b.Machine)
		must(err)
		if machine.HAGroup != "h" || machine.UUID != b.UUID || response["machinekey"] != schema.IntValue(b.Machine).Text() {
			t.Errorf("its machine is %+v, and the reply %v", machine, response)
		}
		drives, err := store.FindRows[compute.MachineDrive](tx)
		must(err)
		if d := drives[1]; d.Machine != b.Machine || d.CloneOf != drives[0].Key || d.Serial != "S1" || d.Interface != "virtio" || d.StorageID == drives[0].StorageID {
			t.Errorf("its drive is %+v", d)
		}
		nics, err := store.FindRows[compute.MachineNIC](tx)
		must(err)
		if n := nics[1]; n.Machine != b.Machine || n.Macaddress == nics[0].Macaddress || n.Macaddress == "" || n.Ipaddress != "" || n.Description != "d" {
			t.Errorf("its card is %+v", n)
		}
		files, err := store.FindRows[compute.CloudinitFile](tx)
		must(err)
		if len(files) != 2 || files[1].Owner != "vms/"+response["vmkey"] || files[1].Contents != files[0].Contents {
			t.Errorf("the files are %+v", files)
		}
		return nil
	}))
	if err := clone(schema.Input{"name": engine.Text("c"), "preserve_macs": engine.Flag(true)}); !errs.Is(err, errs.Conflict) {
		t.Errorf("two VMs have the same MAC address: %v", err)
	}
	if err := clone(schema.Input{"name": engine.Text("b")}); !errs.Is(err, errs.Conflict) {
		t.Errorf("two VMs have the same name: %v", err)
	}
	must(clone(schema.Input{"name": engine.Text("c")}))
	key := began[0]
	must(s.Engine.Do(ctx, func(w *engine.Write) error { return w.Delete("vms", response["vmkey"]) }))
	must(s.DB.View(t.Context(), func(tx *store.Tx) error {
		row, err := store.GetRow[system.Operation](tx, key)
		if row.Status != "cancelled" {
			t.Errorf("the VM is deleted, and the operation that was to make it is %s", row.Status)
		}
		return err
	}))
}
