package compute_test

import (
	"archive/tar"
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/host/block"
	"dewpoint/internal/host/ovf"
	"dewpoint/internal/model/column"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/model/storage"
	"dewpoint/internal/model/system"
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/test/rig"
)

// appliances is a system with a network and an OVA of a VM on it.
type appliances struct {
	rig.Services
	t    *testing.T
	file int64
}

func newAppliances(t *testing.T) *appliances {
	t.Helper()
	dir := t.TempDir()
	a := &appliances{Services: rig.Start(t, dir, slog.New(slog.DiscardHandler)), t: t}
	disk := make([]byte, 1<<20)
	text, err := ovf.Write(ovf.Exported{
		Name: "web", Description: "serves pages", OS: "Debian 12", Cores: 3, MemoryMiB: 768, UEFI: true, CDs: 1,
		Disks: []ovf.Written{{File: "a.img", Size: 2 << 20, Length: 1 << 20, Attached: "sata"}, {File: "b.img", Size: 1 << 20, Length: 1 << 20, Attached: "scsi"}},
		NICs:  []ovf.NIC{{Model: "e1000", Network: "lab", MAC: "52:54:00:aa:bb:01"}, {Model: "vmxnet3", Network: "elsewhere", MAC: "52:54:00:aa:bb:02"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, m := range []struct {
		name    string
		content []byte
	}{{"web.ovf", text}, {"a.img", disk}, {"b.img", disk}} {
		if err := w.WriteHeader(&tar.Header{Name: m.name, Size: int64(len(m.content)), Mode: 0o644}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(m.content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := a.DB.Update(t.Context(), func(tx *store.Tx) error {
		key, err := store.Create(tx, storage.FileSet{}.Name("web.ova").UUID("6f1c2a8e-92a4-4c5b-9d3e-000000000001").Complete(true).Filesize(int64(b.Len())))
		if err != nil {
			return err
		}
		row, err := store.GetRow[storage.File](tx, key)
		a.file = row.Key
		path := block.MediaPath(dir, column.StorageName(row.Key, row.StorageID))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
			return err
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	a.do(func(w *engine.Write) error {
		_, err := w.Create("vnets", schema.Input{"name": engine.Text("lab")})
		return err
	})
	return a
}

func (a *appliances) try(f func(*engine.Write) error) error {
	return a.Engine.Do(perm.WithActor(a.t.Context(), perm.System("admin")), f)
}

func (a *appliances) do(f func(*engine.Write) error) {
	a.t.Helper()
	if err := a.try(f); err != nil {
		a.t.Fatal(err)
	}
}

// begin makes the row of an import.
func (a *appliances) begin(in schema.Input) (key string, began []int64) {
	a.t.Helper()
	in["file"] = engine.Number(a.file)
	a.do(func(w *engine.Write) error {
		r, err := w.Create("vm_imports", in)
		if err == nil {
			key, began = r.Key.Text(), w.Operations
		}
		return err
	})
	return key, began
}

func rowsOf[T any, P store.Row[T]](a *appliances, conds ...store.Cond) (rows []T) {
	a.t.Helper()
	if err := a.DB.View(a.t.Context(), func(tx *store.Tx) (err error) {
		rows, err = store.FindRows[T, P](tx, conds...)
		return err
	}); err != nil {
		a.t.Fatal(err)
	}
	return rows
}

func (a *appliances) told(key string) string {
	var lines []string
	for _, l := range rowsOf[compute.VMImportLog](a, store.Is(compute.VMImportLogCol.VMImport, key)) {
		lines = append(lines, l.Level+": "+l.Text)
	}
	return strings.Join(lines, "\n")
}

// TestDryRunOfAnImport says all and makes nothing.
func TestDryRunOfAnImport(t *testing.T) {
	t.Parallel()
	a := newAppliances(t)
	key, began := a.begin(schema.Input{"name": engine.Text("web"), "dry_run": engine.Flag(true)})
	if vms := rowsOf[compute.VM](a); len(vms)+len(began) != 0 {
		t.Fatalf("it made %+v, and began %v", vms, began)
	}
	if row := rowsOf[compute.VMImport](a)[0]; row.Status != "complete" || row.VM != 0 || row.Importing {
		t.Errorf("the import is %+v", row)
	}
	for _, want := range []string{
		`message: VM "web": 3 CPU cores, 768 MiB of memory, UEFI, linux.`, "warning: The firmware's variables are not in the file",
		"message: Drive 0: a disk of raw from a.img, 2097152 bytes, by ahci.", "message: Drive 1: a disk of raw from b.img, 1048576 bytes, by lsi53c895a.",
		"message: Drive 2: an empty CD-ROM drive.", `message: Network card 0 is plugged into the network "lab".`,
		`warning: Network card 1 isn't plugged in: there is no network "elsewhere".`, "warning: There is no manifest",
	} {
		if got := a.told(key); !strings.Contains(got, want) {
			t.Errorf("%q is missing in:\n%s", want, got)
		}
	}
	a.do(func(w *engine.Write) error { return w.Act("vm_imports", key, "import", nil) })
	if vms := rowsOf[compute.VM](a); len(vms) != 1 {
		t.Errorf("the action import made %+v", vms)
	}
	if err := a.try(func(w *engine.Write) error { return w.Act("vm_imports", key, "import", nil) }); err != nil {
		t.Errorf("again while it is under way: %v", err)
	}
}

// TestImportMakesTheVM as the file has it.
func TestImportMakesTheVM(t *testing.T) {
	t.Parallel()
	a := newAppliances(t)
	key, began := a.begin(schema.Input{"name": engine.Text("first")})
	vms, drives, nics := rowsOf[compute.VM](a), rowsOf[compute.MachineDrive](a), rowsOf[compute.MachineNIC](a, store.IsNot(compute.MachineNICCol.Macaddress, ""))
	if len(vms) != 1 || len(drives) != 3 || len(began) != 1 {
		t.Fatalf("%+v, %+v, %v", vms, drives, began)
	}
	if v := vms[0]; v.Name != "first" || v.CPUCores != 3 || v.RAM != 768 || !v.UEFI || v.OSFamily != "linux" || v.Description != "serves pages" || v.CreatedFrom != "import_ovf" {
		t.Errorf("the VM is %+v", v)
	}
	for i, want := range []struct {
		media, attached string
		size, cloneOf   int64
	}{{"disk", "ahci", 2 << 20, compute.ByImport}, {"disk", "lsi53c895a", 1 << 20, compute.ByImport}, {"cdrom", "ahci", 0, 0}} {
		if d := drives[i]; d.Media != want.media || d.Interface != want.attached || d.Disksize != want.size || d.CloneOf != want.cloneOf {
			t.Errorf("drive %d is %+v", i, d)
		}
	}
	byMAC := map[string]compute.MachineNIC{}
	for _, n := range nics {
		byMAC[n.Macaddress] = n
	}
	if n := byMAC["52:54:00:aa:bb:01"]; n.Interface != "e1000" || n.Vnet == 0 {
		t.Errorf("the first card is %+v", n)
	}
	if n := byMAC["52:54:00:aa:bb:02"]; n.Interface != "vmxnet3" || n.Vnet != 0 {
		t.Errorf("the second card is %+v", n)
	}
	if row := rowsOf[compute.VMImport](a)[0]; row.Status != "importing" || row.VM != vms[0].Key || row.UUID != vms[0].UUID || row.Operation != began[0] {
		t.Errorf("the import is %+v", row)
	}

	second, _ := a.begin(schema.Input{
		"name": engine.Text("second"), "no_optical_drives": engine.Flag(true), "override_drive_interface": engine.Text("virtio"), "override_nic_interface": engine.Text("virtio"),
	})
	if told := a.told(second); !strings.Contains(told, "gets a new MAC address: another card has 52:54:00:aa:bb:01") {
		t.Error(told)
	}
	drives = rowsOf[compute.MachineDrive](a)[3:]
	if len(drives) != 2 || drives[0].Interface != "virtio" {
		t.Errorf("%+v", drives)
	}
	a.do(func(w *engine.Write) error { return w.Act("vm_imports", key, "abort", nil) })
	for _, op := range rowsOf[system.Operation](a, store.Key(schema.IntValue(began[0]))) {
		if !op.Cancel {
			t.Errorf("the operation goes on: %+v", op)
		}
	}
}

// TestImportsThatAreRefused at once, with the column, and make nothing.
func TestImportsThatAreRefused(t *testing.T) {
	t.Parallel()
	a := newAppliances(t)
	a.begin(schema.Input{"name": engine.Text("taken")})
	for what, c := range map[string]struct {
		in    schema.Input
		kind  errs.Kind
		field string
	}{
		"a name that is taken": {schema.Input{"name": engine.Text("taken"), "file": engine.Number(a.file)}, errs.Conflict, "name"},
		"no file":              {schema.Input{"name": engine.Text("x")}, errs.Invalid, "file"},
		"a file that is gone":  {schema.Input{"name": engine.Text("x"), "file": engine.Number(999)}, errs.Invalid, "file"},
		"a volume":             {schema.Input{"name": engine.Text("x"), "file": engine.Number(a.file), "volume": engine.Text(strings.Repeat("a", 40))}, errs.NotBuilt, "volume"},
		"an interface unknown": {schema.Input{"name": engine.Text("x"), "file": engine.Number(a.file), "override_drive_interface": engine.Text("x")}, errs.Invalid, "override_drive_interface"},
	} {
		err := a.try(func(w *engine.Write) error { _, err := w.Create("vm_imports", c.in); return err })
		if !errs.Is(err, c.kind) || errs.As(err).Field != c.field {
			t.Errorf("%s: %v", what, err)
		}
	}
	if n := len(rowsOf[compute.VM](a)); n != 1 {
		t.Errorf("%d VMs", n)
	}
	file := rowsOf[storage.File](a)[0]
	err := a.try(func(w *engine.Write) error { return w.Delete("files", schema.IntValue(file.Key).Text()) })
	if !errs.Is(err, errs.Conflict) {
		t.Errorf("its file was deleted while it was read: %v", err)
	}
}
