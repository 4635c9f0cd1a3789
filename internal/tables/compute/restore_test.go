package compute_test

import (
	"encoding/json"
	"log/slog"
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

// TestRestoreAsNew: a VM that is made of a snapshot has what the VM had then, rests on what the snapshot keeps, and is on the same network with other addresses.
func TestRestoreAsNew(t *testing.T) {
	t.Parallel()
	s := rig.Start(t, t.TempDir(), slog.New(slog.DiscardHandler))
	ctx := perm.WithActor(t.Context(), perm.System("admin"))
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var vm, machine, vnet string
	must(s.Engine.Do(ctx, func(w *engine.Write) error {
		net, err := w.Create("vnets", schema.Input{"name": engine.Text("lan"), "network": engine.Text("10.1.0.0/24")})
		if err != nil {
			return err
		}
		vnet = net.Key.Text()
		r, err := w.Create("vms", schema.Input{"name": engine.Text("a"), "ram": engine.Number(512)})
		if err != nil {
			return err
		}
		vm = r.Key.Text()
		return nil
	}))
	must(s.DB.Update(t.Context(), func(tx *store.Tx) error {
		key, _ := s.DB.Schema.Table("vms").ReadKey(vm)
		row, err := store.GetRow[compute.VM](tx, key)
		machine = schema.IntValue(row.Machine).Text()
		return err
	}))
	must(s.Engine.Do(ctx, func(w *engine.Write) error {
		at := json.RawMessage(machine)
		for table, in := range map[string]schema.Input{
			"machine_drives": {"machine": at, "disksize": engine.Number(1 << 20)}, "machine_nics": {"machine": at, "vnet": json.RawMessage(vnet)},
			"machine_devices": {"machine": at, "type": engine.Text("tpm"), "settings_args": json.RawMessage(`{"model":"tpm-tis"}`)},
		} {
			if _, err := w.Create(table, in); err != nil {
				return err
			}
		}
		return nil
	}))
	must(s.DB.Update(t.Context(), func(tx *store.Tx) error {
		return store.Write(tx, int64(1), compute.MachineDriveStatusSet{}.Ready(true))
	}))
	var response map[string]string
	var began []int64
	act := func(action string, params schema.Input) error {
		return s.Engine.Do(ctx, func(w *engine.Write) error {
			err := w.Act("vms", vm, action, params)
			response, began = w.Response, w.Operations
			return err
		})
	}
	must(act("snapshot", schema.Input{"name": engine.Text("then")}))
	taking := began[0]
	if err := act("restore", schema.Input{"snapshot": engine.Number(1), "name": engine.Text("b")}); !errs.Is(err, errs.Conflict) {
		t.Errorf("a VM of a snapshot that isn't taken: %v", err)
	}
	must(s.DB.Update(t.Context(), func(tx *store.Tx) error {
		if err := store.Write(tx, int64(1), compute.MachineSnapshotSet{}.Taken(true)); err != nil {
			return err
		}
		return store.Write(tx, taking, system.OperationSet{}.Status("complete").Ended(1))
	}))
	must(s.Engine.Do(ctx, func(w *engine.Write) error {
		return w.Update("vms", vm, schema.Input{"ram": engine.Number(1024)})
	}))
	must(act("restore", schema.Input{"snapshot": engine.Number(1), "name": engine.Text("b")}))
	must(s.DB.View(t.Context(), func(tx *store.Tx) error {
		key, _ := s.DB.Schema.Table("vms").ReadKey(response["vmkey"])
		b, err := store.GetRow[compute.VM](tx, key)
		must(err)
		if b.Name != "b" || b.RAM != 512 || b.IsSnapshot || b.KeptBy != "" || b.Owner != "" {
			t.Errorf("the new VM is %+v", b)
		}
		of := compute.MachineNICCol
		cards, err := store.FindRows[compute.MachineNIC](tx, store.Is(of.Machine, b.Machine))
		must(err)
		if len(cards) != 1 || schema.IntValue(cards[0].Vnet).Text() != vnet || cards[0].Macaddress == "" || cards[0].Was != "" {
			t.Errorf("its cards are %+v", cards)
		}
		devices, err := store.FindRows[compute.MachineDevice](tx, store.Is(compute.MachineDeviceCol.Machine, b.Machine))
		must(err)
		if len(devices) != 1 {
			t.Fatalf("its devices are %+v", devices)
		}
		settings, err := store.GetRow[compute.MachineDeviceSettingsTpm](tx, devices[0].Key)
		must(err)
		var op compute.VMClone
		row, err := store.GetRow[system.Operation](tx, began[len(began)-1])
		must(err)
		must(json.Unmarshal([]byte(row.Params), &op))
		state, err := store.GetRow[compute.MachineDrive](tx, op.Disks[0].Of)
		must(err)
		if settings.Model != "tpm-tis" || state.Origin != 1 || op.VM != b.Key || op.Firmware != state.Machine || op.TPM {
			t.Errorf("its TPM is %+v, its disks come from %+v by %+v", settings, state, op)
		}
		return nil
	}))
	if err := act("restore", schema.Input{"snapshot": engine.Number(1), "name": engine.Text("c"), "preserve_macs": engine.Flag(true)}); !errs.Is(err, errs.Conflict) {
		t.Errorf("two VMs have the same MAC address: %v", err)
	}
	if err := act("restore", schema.Input{"snapshot": engine.Number(1), "paused": engine.Flag(true)}); errs.As(err) == nil || errs.As(err).Field != "paused" {
		t.Errorf("a guest without memory is left standing: %v", err)
	}
}
