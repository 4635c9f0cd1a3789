package domxml_test

import (
	"slices"
	"testing"

	"dewpoint/internal/host/domxml"
	"dewpoint/internal/model"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/schema"
)

// elsewhere are columns that wait for a start and are no part of Build's rows: the controller picks drives, cards, files and bridges by them, makes the seed, and passes
// the password opened.
var elsewhere = []string{
	"vms.name", "vms.cloudinit_datasource", "vms.console_pass", "vms.console_pass_enabled", "machine_drives.orderid", "machine_drives.enabled", "machine_drives.preferred_tier", "machine_drives.disksize",
	"machine_drives.media_source", "machine_nics.orderid", "machine_nics.enabled", "machine_nics.vnet",
}

// TestWhatADomainIsMadeFromWaitsForAStart changes one column after the other: those that change the domain are declared AtStart, and no others.
func TestWhatADomainIsMadeFromWaitsForAStart(t *testing.T) {
	t.Parallel()
	vm := base()
	vm.Accelerator, vm.Row.UEFI, vm.Row.CPUCores, vm.Row.MachineType = "kvm", true, 2, "q35"
	vm.Drives = []domxml.Drive{{Row: compute.MachineDrive{Key: 1, Interface: "virtio-scsi"}, Device: "disk", Path: "/pool/1.qcow2", Format: "qcow2"}}
	vm.NICs = []domxml.NIC{{Row: compute.MachineNIC{Key: 9, Interface: "virtio", Macaddress: "52:54:00:12:34:56"}, Bridge: "b", Tap: "t"}}
	for table, put := range map[string]func(*domxml.VM, *schema.Record){
		"vms": func(vm *domxml.VM, r *schema.Record) { vm.Row.Scan(r) },
		"machine_drives": func(vm *domxml.VM, r *schema.Record) {
			vm.Drives = slices.Clone(vm.Drives)
			vm.Drives[0].Row.Scan(r)
		},
		"machine_nics": func(vm *domxml.VM, r *schema.Record) {
			vm.NICs = slices.Clone(vm.NICs)
			vm.NICs[0].Row.Scan(r)
		},
	} {
		declared := model.Schema().Table(table)
		as := schema.NewRecord(declared)
		as.Key = schema.IntValue(1)
		as.PutAll(map[string]schema.Set{"vms": vm.Row.Diff(&compute.VM{}), "machine_drives": vm.Drives[0].Row.Diff(&compute.MachineDrive{}), "machine_nics": vm.NICs[0].Row.Diff(&compute.MachineNIC{})}[table])
		for _, f := range declared.Fields {
			if name := table + "." + f.Name; f.Stored() && !slices.Contains(elsewhere, name) {
				if got := makesADifference(t, vm, as, f, put); got != f.IsAtStart {
					t.Errorf("%s: the domain hangs on it: %v; it is declared AtStart: %v", name, got, f.IsAtStart)
				}
			}
		}
	}
}

// makesADifference builds the domain with other values in one column.
func makesADifference(t *testing.T, vm domxml.VM, r *schema.Record, f *schema.Field, put func(*domxml.VM, *schema.Record)) bool {
	t.Helper()
	build := func(v schema.Value) string {
		changed := vm
		put(&changed, r.With(schema.Set{f.Name: v}))
		changed.Drives[0].Row.Key = 1
		text, err := domxml.Marshal(&changed, &debian12)
		if err != nil {
			return err.Error()
		}
		return text
	}
	is := build(r.Get(f.Name))
	return slices.ContainsFunc(others(f), func(v schema.Value) bool { return build(v) != is })
}

// others are values that a column could have.
func others(f *schema.Field) (values []schema.Value) {
	for _, e := range f.Enum {
		values = append(values, schema.TextValue(e.Value))
	}
	switch {
	case len(values) > 0:
		return values
	case f.Type.Storage() == schema.Chars:
		return []schema.Value{schema.TextValue("pc"), schema.TextValue("52:54:00:00:00:77"), schema.TextValue("[]")}
	}
	return []schema.Value{schema.IntValue(0), schema.IntValue(1), schema.IntValue(3)}
}
