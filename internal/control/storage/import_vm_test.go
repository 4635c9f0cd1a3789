package storage_test

import (
	"archive/tar"
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dewpoint/internal/control/storage"
	"dewpoint/internal/errs"
	"dewpoint/internal/host/ovf"
	"dewpoint/internal/model/compute"
	files "dewpoint/internal/model/storage"
	"dewpoint/internal/operation"
	"dewpoint/internal/schema"
	"dewpoint/internal/space"
	"dewpoint/internal/store"
)

// member is a file that goes into an archive.
type member struct {
	name    string
	content []byte
}

// ova packs members in their order.
func ova(t *testing.T, members ...member) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, m := range members {
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
	return b.Bytes()
}

// described is a description of a VM with these disks.
func described(t *testing.T, disks ...member) member {
	t.Helper()
	vm := ovf.Exported{Name: "appliance", Cores: 2, MemoryMiB: 512}
	for _, d := range disks {
		vm.Disks = append(vm.Disks, ovf.Written{File: d.name, Size: mib, Length: int64(len(d.content)), Attached: "sata"})
	}
	text, err := ovf.Write(vm)
	if err != nil {
		t.Fatal(err)
	}
	return member{"vm.ovf", text}
}

func manifest(members ...member) member {
	text := ""
	for _, m := range members {
		sum := sha256.Sum256(m.content)
		text += fmt.Sprintf("SHA256(%s)= %s\n", m.name, hex.EncodeToString(sum[:]))
	}
	return member{"vm.mf", []byte(text)}
}

// stream makes a VMDK as archives have it.
func stream(t *testing.T, name string, content []byte) member {
	t.Helper()
	dir := t.TempDir()
	raw, image := filepath.Join(dir, "raw"), filepath.Join(dir, "image")
	if err := os.WriteFile(raw, content, 0o600); err != nil {
		t.Fatal(err)
	}
	tool(t, "convert", "-f", "raw", "-O", "vmdk", "-o", "subformat=streamOptimized", raw, image)
	bytes, err := os.ReadFile(image)
	if err != nil {
		t.Fatal(err)
	}
	return member{name, bytes}
}

// read reads an uploaded file as the hook of an import does.
func (p *pool) read(file int64) (compute.Appliance, error) {
	p.t.Helper()
	get := func(conds ...store.Cond) (row files.File, err error) {
		err = p.db.View(p.t.Context(), func(tx *store.Tx) error {
			rows, err := store.FindRows[files.File](tx, conds...)
			if err == nil && len(rows) == 0 {
				return errs.Field("file", "there is no such file")
			}
			if err == nil {
				row = rows[0]
			}
			return err
		})
		return row, err
	}
	row, err := get(store.Key(schema.IntValue(file)))
	if err != nil {
		p.t.Fatal(err)
	}
	return storage.Appliances{DataDir: p.dir}.Read(row, func(name string) (files.File, error) { return get(store.Is(files.FileCol.Name, name)) })
}

// brought is an import that was begun: its row, the VM, its drives and the operation.
type brought struct {
	row    string
	vm     int64
	drives []int64
	op     int64
}

// bring makes the rows of a VM that is imported from a file, and the operation, as the hook does.
func (p *pool) bring(file int64) (b brought) {
	p.t.Helper()
	from, err := p.read(file)
	if err != nil {
		p.t.Fatal(err)
	}
	p.update(func(tx *store.Tx) error {
		vm, err := store.Create(tx, compute.VMSet{}.Name("imported "+rand.Text()))
		if err != nil {
			return err
		}
		row, err := store.GetRow[compute.VM](tx, vm)
		if err != nil {
			return err
		}
		b.vm = row.Key
		if err := store.Write(tx, row.Machine, compute.MachineSet{}.UUID(fmt.Sprintf(cloneUUID, row.Machine))); err != nil {
			return err
		}
		key, err := store.Create(tx, compute.VMImportSet{}.Name("imported").File(file).VM(b.vm).Importing(true).Status("importing"))
		if err != nil {
			return err
		}
		b.row = key.Text()
		op := compute.ApplianceImport{Import: b.row, VM: b.vm, Digests: from.Digests}
		for _, d := range from.Drives {
			drive, err := store.Create(tx, compute.MachineDriveSet{}.Name("disk").Machine(row.Machine).Media("disk").Disksize(d.Disk.Size).CloneOf(compute.ByImport))
			if err != nil {
				return err
			}
			d.Disk.Drive = drive.Int()
			b.drives = append(b.drives, drive.Int())
			op.Disks = append(op.Disks, d.Disk)
		}
		b.op, err = operation.Begin(tx, operation.Request{Object: fmt.Sprintf("vms/%d", b.vm), Queue: operation.MachineQueue(row.Machine), Params: op})
		if err != nil {
			return err
		}
		return store.Write(tx, key, compute.VMImportSet{}.Operation(b.op))
	})
	return b
}

func (p *pool) importRow(key string) (row compute.VMImport) {
	p.t.Helper()
	if err := p.db.View(p.t.Context(), func(tx *store.Tx) (err error) {
		row, err = store.GetRow[compute.VMImport](tx, schema.TextValue(key))
		return err
	}); err != nil {
		p.t.Fatal(err)
	}
	return row
}

// TestImportOfAVM: each disk holds what the archive's did, wherever in it that lies; an empty one holds nothing.
func TestImportOfAVM(t *testing.T) {
	t.Parallel()
	p := newPool(t)
	content := noise(5)
	first, second := stream(t, "disk-1.vmdk", content[:2*mib]), member{"disk-2.img", content[2*mib:]}
	ovf := described(t, first, second)
	ovf.content = bytes.Replace(ovf.content, []byte("</DiskSection>"), []byte(`<Disk ovf:diskId="empty" ovf:capacity="3" ovf:capacityAllocationUnits="byte * 2^20"/></DiskSection>`), 1)
	ovf.content = bytes.Replace(ovf.content, []byte("</VirtualHardwareSection>"),
		[]byte(`<Item><rasd:HostResource>ovf:/disk/empty</rasd:HostResource><rasd:InstanceID>99</rasd:InstanceID><rasd:ResourceType>17</rasd:ResourceType></Item></VirtualHardwareSection>`), 1)
	file := p.whole(ova(t, ovf, manifest(ovf, first, second), first, second))
	p.start()
	b := p.bring(file)
	p.await("the end", func() bool { return p.operation(b.op).Ended != 0 })
	if op := p.operation(b.op); op.Status != operation.Complete || len(b.drives) != 3 {
		t.Fatalf("the operation is %s (%s), %d drives", op.Status, op.StatusInfo, len(b.drives))
	}
	for i, want := range [][]byte{content[:2*mib], content[2*mib:], make([]byte, 3*mib)} {
		p.holds(fmt.Sprint("drive ", i), b.drives[i], want)
		if !p.status(b.drives[i]).Ready || p.driveRow(b.drives[i]).Disksize != int64(len(want)) || p.driveRow(b.drives[i]).CloneOf != 0 {
			t.Errorf("drive %d: %+v", i, p.driveRow(b.drives[i]))
		}
	}
	if row := p.importRow(b.row); row.Status != "complete" || row.Importing || row.VM != b.vm {
		t.Errorf("the import is %+v", row)
	}
	p.update(func(tx *store.Tx) error { return tx.Delete("vms", schema.IntValue(b.vm)) })
	p.await("all is gone", func() bool { return p.count("machine_drives") == 0 && len(p.pooled()) == 0 })
}

// TestImportOfLooseFiles: an OVF beside its disks.
func TestImportOfLooseFiles(t *testing.T) {
	t.Parallel()
	p := newPool(t)
	content := noise(2)
	disk := stream(t, "loose.vmdk", content)
	file := p.whole(described(t, disk).content)
	if _, err := p.read(file); !errs.Is(err, errs.Invalid) {
		t.Errorf("without its disk: %v", err)
	}
	p.set("files", p.whole(disk.content), schema.Set{"name": schema.TextValue(disk.name)})
	p.start()
	b := p.bring(file)
	p.await("the end", func() bool { return p.operation(b.op).Status == operation.Complete })
	p.holds("the drive", b.drives[0], content)
}

// TestHostileAppliances are refused as they are read, before anything is made.
func TestHostileAppliances(t *testing.T) {
	t.Parallel()
	p := newPool(t)
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret")
	if err := os.WriteFile(secret, []byte("the host's"), 0o644); err != nil {
		t.Fatal(err)
	}
	backed := filepath.Join(dir, "backed")
	tool(t, "create", "-q", "-f", "qcow2", "-b", secret, "-F", "raw", backed)
	image, err := os.ReadFile(backed)
	if err != nil {
		t.Fatal(err)
	}
	disk := stream(t, "disk.vmdk", noise(1))
	text := described(t, disk)
	named := func(name string) member {
		return member{"vm.ovf", bytes.ReplaceAll(text.content, []byte("disk.vmdk"), []byte(name))}
	}
	bad := member{"disk.vmdk", image}
	for name, content := range map[string][]byte{
		"neither tar nor XML":                  noise(1)[:4096],
		"a zip":                                []byte("PK\x03\x04 and so on"),
		"no description":                       ova(t, disk),
		"two descriptions":                     ova(t, text, member{"other.ovf", text.content}, disk),
		"a disk that isn't there":              ova(t, text),
		"a disk that is the host's":            ova(t, named("/etc/shadow"), disk),
		"a disk of the host's, by a path":      ova(t, named("../../../../etc/shadow"), disk),
		"a disk of the host's, beside nothing": named("file:///etc/shadow").content,
		"a disk that reaches for the host's":   ova(t, described(t, bad), bad),
		"a size that lies":                     ova(t, text, member{"disk.vmdk", disk.content[:len(disk.content)-512]}),
		"a manifest of another description":    ova(t, text, manifest(member{"vm.ovf", []byte("other")}, disk), disk),
		"a manifest without the disk":          ova(t, text, manifest(text), disk),
		"a manifest of more":                   ova(t, text, manifest(text, disk, member{"gone.vmdk", nil}), disk),
		"a manifest that is none":              ova(t, text, member{"vm.mf", []byte("trust me")}, disk),
		"cut off":                              ova(t, text, disk)[:1024],
	} {
		if got, err := p.read(p.whole(content)); !errs.Is(err, errs.Invalid) || errs.As(err).Field != "file" {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// TestRoomForAVM: what doesn't fit is refused before anything is made; what was admitted keeps its room.
func TestRoomForAVM(t *testing.T) {
	t.Parallel()
	p := newPool(t)
	p.update(func(tx *store.Tx) error {
		full := storage.Appliances{DataDir: p.dir, Space: space.New(p.db, space.Limits{Reserve: 1 << 60})}
		if _, err := full.Room(tx, "a", "", mib); !errs.Is(err, errs.Full) || !strings.Contains(err.Error(), "tier 1") {
			t.Errorf("without room: %v", err)
		}
		some := storage.Appliances{DataDir: p.dir, Space: p.cfg.Space}
		if _, err := some.Room(tx, "a", "2", 1<<60); !errs.Is(err, errs.Full) {
			t.Errorf("more than there can be: %v", err)
		}
		release, err := some.Room(tx, "a", "2", mib)
		if err == nil {
			release()
		}
		return err
	})
}

// undoneImport waits for the end of an import that is not to be, and checks that nothing is left of it.
func (p *pool) undoneImport(b brought, status, word, why string) {
	p.t.Helper()
	p.await("the end", func() bool { return p.operation(b.op).Ended != 0 })
	if op := p.operation(b.op); op.Status != status || !strings.Contains(op.StatusInfo, why) {
		p.t.Errorf("the operation is %s (%s), want %s (%s)", op.Status, op.StatusInfo, status, why)
	}
	if row := p.importRow(b.row); row.Status != word || row.Importing || row.VM != 0 {
		p.t.Errorf("the import is %+v", row)
	}
	p.await("nothing is left", func() bool {
		return p.count("vms") == 0 && p.count("machine_drives") == 0 && len(p.pooled()) == 0
	})
	if n := p.count("quarantine"); n != 0 {
		p.t.Errorf("%d things are in quarantine", n)
	}
}

// TestImportsOfVMsThatAreNotToBe leave nothing: a digest that is another's, a damaged disk, cancelled, deleted, no room.
func TestImportsOfVMsThatAreNotToBe(t *testing.T) {
	t.Parallel()
	small, large := stream(t, "disk.vmdk", noise(1)), member{"disk.vmdk", noise(192)}
	other := member{"disk.vmdk", bytes.Clone(small.content)}
	other.content[len(other.content)-700] ^= 1
	torn := member{"disk.vmdk", bytes.Clone(small.content)}
	for i := 66 << 10; i < len(torn.content); i++ { // behind the headers
		torn.content[i] = 0xee
	}
	for name, c := range map[string]struct {
		file              []byte
		do                func(*pool, brought)
		status, word, why string
	}{
		"digest":  {file: ova(t, described(t, other), manifest(described(t, other), small), other), status: operation.Failed, word: "error", why: "manifest"},
		"damaged": {file: ova(t, described(t, torn), torn), status: operation.Failed, word: "error", why: "damaged"},
		"cancelled": {file: ova(t, described(t, large), large), do: func(p *pool, b brought) {
			p.await("the draft", func() bool { return len(p.like("*.part")) > 0 })
			p.update(func(tx *store.Tx) error { return operation.Cancel(tx, b.op) })
		}, status: operation.Cancelled, word: "aborted"},
		"deleted": {file: ova(t, described(t, large), large), do: func(p *pool, b brought) {
			p.await("the draft", func() bool { return len(p.like("*.part")) > 0 })
			p.update(func(tx *store.Tx) error {
				if err := operation.Cancel(tx, b.op); err != nil {
					return err
				}
				return tx.Delete("vms", schema.IntValue(b.vm))
			})
		}, status: operation.Cancelled, word: "aborted"},
		"full": {file: ova(t, described(t, small), small), status: operation.Failed, word: "error", why: "space"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPool(t)
			file := p.whole(c.file)
			if name == "full" {
				p.cfg.Space = space.New(p.db, space.Limits{Reserve: 1 << 60})
			}
			p.start()
			b := p.bring(file)
			if c.do != nil {
				c.do(p, b)
			}
			p.undoneImport(b, c.status, c.word, c.why)
		})
	}
}

// TestKilledVMImport kills the server's process in each step of an import: the next run ends it, with all the bytes and nothing beside them.
func TestKilledVMImport(t *testing.T) {
	onEach(t, killVMImports)
}

func killVMImports(t *testing.T, at place) {
	p := newPoolOn(t, at.Database(t), at.Dir)
	content := noise(40)
	first, second := member{"a.img", content[:32*mib]}, stream(t, "b.vmdk", content[32*mib:])
	text := described(t, first, second)
	good := p.whole(ova(t, text, manifest(text, first, second), first, second))
	second.content = bytes.Clone(second.content)
	second.content[len(second.content)-600] ^= 1
	bad := p.whole(ova(t, text, manifest(text, first, stream(t, "b.vmdk", content[32*mib:])), first, second))
	moments := map[string]func(b brought) bool{
		"it was begun":               func(b brought) bool { return p.operation(b.op).Status == operation.Running },
		"the digests are checked":    func(b brought) bool { return strings.Contains(p.operation(b.op).Step, "digests") },
		"the first disk is begun":    func(b brought) bool { return there(p.disk(b.drives[0]) + ".part") },
		"the second disk is begun":   func(b brought) bool { return there(p.disk(b.drives[1]) + ".part") },
		"the first disk is in place": func(b brought) bool { return there(p.disk(b.drives[0])) },
		"it has ended":               func(b brought) bool { return p.operation(b.op).Ended != 0 },
	}
	if at.DSN != "" && os.Getenv("DEWPOINT_SOAK") == "" {
		maps.DeleteFunc(moments, func(name string, _ func(brought) bool) bool { return name != "the second disk is begun" })
	}
	for name, moment := range moments {
		b := p.bring(good)
		at.spawn(t, func() bool { return moment(b) })
		at.spawn(t, func() bool { return p.operation(b.op).Ended != 0 })
		if op := p.operation(b.op); op.Status != operation.Complete {
			t.Fatalf("killed when %s: the operation is %s at %q (%s)", name, op.Status, op.Step, op.StatusInfo)
		}
		p.holds("killed when "+name, b.drives[0], content[:32*mib])
		p.holds("killed when "+name, b.drives[1], content[32*mib:])
	}
	for name, moment := range map[string]func(b brought) bool{
		"the digests are checked": moments["the digests are checked"],
		"it is being undone":      func(b brought) bool { return p.operation(b.op).Status == operation.Undoing },
		"its VM is gone":          func(b brought) bool { return p.importRow(b.row).Status == "error" },
	} {
		if moment == nil {
			continue
		}
		b := p.bring(bad)
		at.spawn(t, func() bool { return moment(b) || p.operation(b.op).Ended != 0 })
		at.spawn(t, func() bool { return p.operation(b.op).Ended != 0 })
		if op, row := p.operation(b.op), p.importRow(b.row); op.Status != operation.Failed || row.Status != "error" || row.VM != 0 {
			t.Errorf("killed when %s: the operation is %s (%s), the import %s", name, op.Status, op.StatusInfo, row.Status)
		}
	}
	p.start()
	p.await("only disks are there", func() bool { return len(p.like("*.part")) == 0 && p.count("vms") == int64(len(moments)) })
	if n := p.count("quarantine"); n != 0 {
		t.Errorf("%d things are in quarantine", n)
	}
}
