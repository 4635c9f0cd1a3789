package compute_test

import (
	"encoding/json"
	"log/slog"
	"testing"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/cluster"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/test/rig"
)

// TestTPM: a device comes with its settings and its UUID, a VM has one TPM at most, and what can't be had is refused with the reason.
func TestTPM(t *testing.T) {
	t.Parallel()
	s := rig.Start(t, t.TempDir(), slog.New(slog.DiscardHandler))
	ctx := perm.WithActor(t.Context(), perm.System("admin"))
	var machine json.RawMessage
	var group string
	if err := s.Engine.Do(ctx, func(w *engine.Write) error {
		_, err := w.Create("vms", schema.Input{"name": engine.Text("a")})
		machine = json.RawMessage(w.Response["machine"])
		if err != nil {
			return err
		}
		made, err := w.Create("resource_groups", schema.Input{"name": engine.Text("a"), "type": engine.Text("node_pci_devices")})
		if err == nil {
			group = made.Key.Text()
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	add := func(in schema.Input) error {
		in["machine"] = machine
		return s.Engine.Do(ctx, func(w *engine.Write) error {
			_, err := w.Create("machine_devices", in)
			return err
		})
	}
	for field, in := range map[string]schema.Input{
		"type":           {"type": engine.Text("node_pci_devices")},
		"version":        {"type": engine.Text("tpm"), "settings_args": json.RawMessage(`{"version":"3"}`)},
		"model":          {"type": engine.Text("tpm"), "settings_args": json.RawMessage(`{"version":"1.2"}`)},
		"resource_group": {"type": engine.Text("tpm"), "resource_group": engine.Text(group)},
		"count":          {"type": engine.Text("tpm"), "count": engine.Number(2)},
	} {
		if err := add(in); errs.As(err) == nil || errs.As(err).Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	if err := add(schema.Input{"type": engine.Text("tpm"), "settings_args": json.RawMessage(`{"version":"1.2","model":"tpm-tis"}`)}); err != nil {
		t.Fatal(err)
	}
	if err := add(schema.Input{"type": engine.Text("tpm")}); !errs.Is(err, errs.Conflict) {
		t.Errorf("a second TPM: %v", err)
	}
	if err := s.DB.View(t.Context(), func(tx *store.Tx) error {
		devices, err := store.FindRows[compute.MachineDevice](tx)
		if err != nil || len(devices) != 1 || devices[0].Name != "device_0" || devices[0].UUID == "" || devices[0].SettingsArgs != "" {
			t.Errorf("%+v %v", devices, err)
		}
		settings, err := store.GetRow[compute.MachineDeviceSettingsTpm](tx, devices[0].Key)
		if settings.Model != "tpm-tis" || settings.Version != "1.2" {
			t.Errorf("settings %+v", settings)
		}
		return err
	}); err != nil {
		t.Error(err)
	}
}

// TestDevicesOfTheHostAreKept: who asks for one is told what stands in the way of the device that is nearest to being given.
func TestDevicesOfTheHostAreKept(t *testing.T) {
	t.Parallel()
	s := rig.Start(t, t.TempDir(), slog.New(slog.DiscardHandler))
	ctx := perm.WithActor(t.Context(), perm.System("admin"))
	ask := func(kind string) error {
		return s.Engine.Do(ctx, func(w *engine.Write) error {
			if _, err := w.Create("vms", schema.Input{"name": engine.Text("a")}); err != nil {
				return err
			}
			_, err := w.Create("machine_devices", schema.Input{"machine": json.RawMessage(w.Response["machine"]), "type": engine.Text(kind)})
			return err
		})
	}
	for _, one := range []struct {
		device     cluster.NodePciDeviceSet // that comes before the question
		kind, code string
	}{
		{nil, "node_pci_devices", "no_device"},
		{nil, "nvidia_vgpu", "not_built"},
		{nil, "gpu", "no_device"},
		{cluster.NodePciDeviceSet{}.Slot("0000:00:00.0").ClassHex("060000").IommuGroup("0"), "node_pci_devices", "device_is_bridge"},
		{cluster.NodePciDeviceSet{}.Slot("0000:01:00.0").ClassHex("020000"), "node_pci_devices", "no_iommu"},
		{cluster.NodePciDeviceSet{}.Slot("0000:02:00.0").ClassHex("020000").IommuGroup("1").Driver("e1000e"), "node_pci_devices", "device_busy"},
		{cluster.NodePciDeviceSet{}.Slot("0000:03:00.0").ClassHex("020000").IommuGroup("2").Driver("vfio-pci"), "node_pci_devices", "not_built"},
	} {
		if one.device != nil {
			change(t, s.DB, func(tx *store.Tx) error {
				_, err := store.Create(tx, one.device.Node(1))
				return err
			})
		}
		if err := ask(one.kind); errs.As(err) == nil || errs.As(err).Code != one.code || errs.As(err).Field != "type" {
			t.Errorf("%s: %v, want %s", one.kind, err, one.code)
		}
	}
}
