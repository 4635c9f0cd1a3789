package storage_test

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dewpoint/internal/control/loop"
	"dewpoint/internal/control/storage"
	"dewpoint/internal/event"
	"dewpoint/internal/host/block"
	"dewpoint/internal/media"
	"dewpoint/internal/model/column"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/operation"
	"dewpoint/internal/quarantine"
	"dewpoint/internal/schema"
	"dewpoint/internal/space"
	"dewpoint/internal/store"
	"dewpoint/internal/store/postgres/pgtest"
	"dewpoint/test/rig"
)

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		os.Exit(child())
	}
	pgtest.Main(m)
}

const mib = 1 << 20

// pool is a controller on a real database, real files and the real qemu-img, with one stopped machine.
type pool struct {
	*storage.Controller
	t       *testing.T
	db      *store.DB
	cfg     storage.Config
	dir     string
	machine int64
}

// thisNode is the key of the node that the controller works for.
const thisNode = 1

const machineUUID = "6f1c2a8e-92a4-4c5b-9d3e-0a1b2c3d4e5f"

func newPool(t *testing.T) *pool {
	t.Helper()
	dir := t.TempDir()
	return newPoolOn(t, rig.Database(t, dir), dir)
}

func newPoolOn(t *testing.T, db *store.DB, dir string) *pool {
	t.Helper()
	if _, err := exec.LookPath("qemu-img"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	p := &pool{t: t, dir: dir, db: db}
	p.machine = p.create("machines", schema.Set{"name": schema.TextValue("web"), "type": schema.TextValue("vm"), "uuid": schema.TextValue(machineUUID)})
	p.cfg = configOf(p.db, p.dir)
	p.Controller = storage.New(p.cfg, loop.NewQueue(p.cfg.Log))
	return p
}

func configOf(db *store.DB, dir string) storage.Config {
	log := slog.New(slog.DiscardHandler)
	keeper, account := quarantine.New(db, dir, log), space.New(db, space.Limits{})
	library, err := media.New(db, account, dir, keeper, log)
	if err != nil {
		panic(err) // a folder could not be made
	}
	return storage.Config{
		DataDir: dir, Rows: storage.NewStoreRows(db, dir, thisNode), Keeper: keeper, Files: library, Space: account, Log: log,
	}
}

// start lets a controller and its operations run until the test ends.
func (p *pool) start() { p.t.Cleanup(run(p.db, p.cfg)) }

// run runs a controller and its operations until the function that it returns is called.
func run(db *store.DB, cfg storage.Config) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	areas := []loop.Area{
		{Every: 10 * time.Second, Make: func(_ context.Context, q *loop.Queue) (loop.Reconciler, error) {
			return storage.New(cfg, q), nil
		}},
		{Every: 10 * time.Second, Make: func(_ context.Context, q *loop.Queue) (loop.Reconciler, error) {
			return operation.New(db, thisNode, storage.Operations(cfg), q.Wake, cfg.Log), nil
		}},
	}
	bus := event.New(db)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = loop.Keep(ctx, areas, bus, cfg.Log) // its cause is the stop
	}()
	return func() { cancel(); <-ended }
}

func (p *pool) update(f func(*store.Tx) error) {
	p.t.Helper()
	if err := p.db.Update(p.t.Context(), f); err != nil {
		p.t.Fatal(err)
	}
}

func (p *pool) create(table string, set schema.Set) (key int64) {
	p.t.Helper()
	p.update(func(tx *store.Tx) error {
		r := schema.NewRecord(tx.Schema().Table(table))
		r.PutAll(set)
		k, err := tx.Create(r, nil)
		key = k.Int()
		return err
	})
	return key
}

func (p *pool) drive(media string, size, source int64) int64 {
	p.t.Helper()
	return p.create("machine_drives", schema.Set{
		"name": schema.TextValue(media), "machine": schema.IntValue(p.machine), "media": schema.TextValue(media),
		"disksize": schema.IntValue(size), "media_source": schema.RefValue(source),
	})
}

// name is what the bytes of a row are called.
func (p *pool) name(table string, key int64) (name string) {
	p.t.Helper()
	if err := p.db.View(p.t.Context(), func(tx *store.Tx) error {
		r, err := tx.Get(table, schema.IntValue(key), store.Everything())
		if err == nil {
			name = column.StorageName(key, r.Get("storage_id").Text())
		}
		return err
	}); err != nil {
		p.t.Fatal(err)
	}
	return name
}

// path is where the file of a drive belongs.
func (p *pool) path(tier string, drive int64) string {
	p.t.Helper()
	return block.DrivePath(p.dir, tier, machineUUID, p.name("machine_drives", drive))
}

// media makes an uploaded file with content.
func (p *pool) media(content []byte) int64 {
	p.t.Helper()
	key := p.create("files", schema.Set{"name": schema.TextValue("disk.img")})
	path := block.MediaPath(p.dir, p.name("files", key))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		p.t.Fatal(err)
	}
	return key
}

func (p *pool) set(table string, key int64, set schema.Set) {
	p.t.Helper()
	p.update(func(tx *store.Tx) error { return tx.Change(table, schema.IntValue(key), set) })
}

func (p *pool) status(drive int64) (row compute.MachineDriveStatus) {
	p.t.Helper()
	if err := p.db.View(p.t.Context(), func(tx *store.Tx) (err error) {
		row, err = store.GetRow[compute.MachineDriveStatus](tx, schema.IntValue(drive))
		return err
	}); err != nil {
		p.t.Fatal(err)
	}
	return row
}

func (p *pool) count(table string) (n int64) {
	p.t.Helper()
	if err := p.db.View(p.t.Context(), func(tx *store.Tx) (err error) {
		n, err = tx.Count(table, store.Everything())
		return err
	}); err != nil {
		p.t.Fatal(err)
	}
	return n
}

func (p *pool) await(what string, ok func() bool) {
	p.t.Helper()
	for deadline := time.Now().Add(15 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			p.t.Fatalf("waited in vain: %s", what)
		}
	}
}

func (p *pool) awaitReady(drive int64) {
	p.t.Helper()
	p.await("ready", func() bool { s := p.status(drive); return s.Ready && s.Status == "offline" })
}

// pass makes one pass, for tests that don't let the controller run.
func (p *pool) pass() {
	p.t.Helper()
	if err := p.Reconcile(p.t.Context()); err != nil {
		p.t.Fatal(err)
	}
}

func (p *pool) passUntil(what string, ok func() bool) {
	p.t.Helper()
	p.await(what, func() bool { p.pass(); return ok() })
}

func (p *pool) virtualSize(path string) int64 {
	p.t.Helper()
	d, err := block.Inspect(path)
	if err != nil {
		p.t.Fatal(err)
	}
	return d.VirtualSize
}

// TestDiskLife makes an empty disk, lets it grow while its machine is off, and removes it.
func TestDiskLife(t *testing.T) {
	t.Parallel()
	p := newPool(t)
	drive := p.drive("disk", 8*mib, 0)
	p.passUntil("ready", func() bool { return p.status(drive).Ready })
	path := p.path("", drive)
	if got := p.virtualSize(path); got != 8*mib {
		t.Errorf("the new disk has %d bytes", got)
	}

	running := func(on bool) {
		p.set("machine_status", p.machine, schema.Set{"running": schema.BoolValue(on)})
	}
	running(true)
	p.set("machine_drives", drive, schema.Set{"disksize": schema.IntValue(16 * mib)})
	p.pass()
	if got := p.virtualSize(path); got != 8*mib {
		t.Errorf("the disk of a running machine grew to %d bytes", got)
	}
	running(false)
	p.passUntil("the growth", func() bool { return p.virtualSize(path) == 16*mib })

	running(true)
	p.update(func(tx *store.Tx) error { return tx.Delete("machine_drives", schema.IntValue(drive)) })
	p.pass()
	if _, err := os.Stat(path); err != nil {
		t.Errorf("the file of a deleted drive went while the machine runs: %v", err)
	}
	running(false)
	p.passUntil("the purge", func() bool { return p.count("machine_drives") == 0 })
	if _, err := os.Stat(filepath.Dir(path)); !os.IsNotExist(err) {
		t.Errorf("the machine's folder is still there (%v)", err)
	}
}

// TestImport makes a disk of an uploaded image once it is whole.
func TestImport(t *testing.T) {
	t.Parallel()
	p := newPool(t)
	content := bytes.Repeat([]byte("dewpoint"), mib/4)
	file := p.media(content)
	drive := p.drive("import", 0, file)
	p.start()
	p.await("waiting for the upload", func() bool {
		s := p.status(drive)
		return s.Status == "importing" && strings.Contains(s.StatusInfo, "upload")
	})
	p.set("files", file, schema.Set{"complete": schema.BoolValue(true)})
	p.awaitReady(drive)
	path := p.path("", drive)
	raw := filepath.Join(p.dir, "raw")
	if out, err := exec.CommandContext(t.Context(), "qemu-img", "convert", "-O", "raw", path, raw).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if got, err := os.ReadFile(raw); err != nil || !bytes.Equal(got, content) {
		t.Errorf("the disk holds other bytes than the file (%v)", err)
	}
	p.await("the size in the row", func() bool {
		var row compute.MachineDrive
		if err := p.db.View(t.Context(), func(tx *store.Tx) (err error) {
			row, err = store.GetRow[compute.MachineDrive](tx, schema.IntValue(drive))
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return row.Disksize == 2*mib && row.UsedBytes >= 2*mib && row.Media == "disk" && row.MediaSource == 0
	})
	p.update(func(tx *store.Tx) error { return tx.Delete("files", schema.IntValue(file)) }) // which no drive needs any more
}

// TestImportRefused keeps a hostile image away from every tool and says why.
func TestImportRefused(t *testing.T) {
	t.Parallel()
	p := newPool(t)
	file := p.media([]byte("# Disk DescriptorFile\nRW 1 FLAT \"/etc/shadow\" 0\n"))
	p.set("files", file, schema.Set{"complete": schema.BoolValue(true)})
	drive := p.drive("import", 0, file)
	p.start()
	p.await("the refusal", func() bool {
		s := p.status(drive)
		return s.Status == "error" && !s.Ready && strings.Contains(s.StatusInfo, "VMDK")
	})
	left, err := filepath.Glob(filepath.Join(p.dir, "pools", "*", "*", "*"))
	if err != nil || len(left) != 0 {
		t.Errorf("left in the pool: %v (%v)", left, err)
	}
}

// TestCrash finds what a kill in the middle leaves: an unfinished file, which must go, and a drive whose machine has changed, which moves.
func TestCrash(t *testing.T) {
	t.Parallel()
	p := newPool(t)
	drive := p.drive("disk", 8*mib, 0)
	path := p.path("", drive)
	if err := os.MkdirAll(filepath.Dir(path), 0o711); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path+".part", []byte("half a disk"), 0o600); err != nil {
		t.Fatal(err)
	}
	other := block.DrivePath(p.dir, "2", machineUUID, "12345")
	if err := os.MkdirAll(filepath.Dir(other), 0o711); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(other+".part", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	p.start()
	p.awaitReady(drive)
	for _, part := range []string{path + ".part", other + ".part"} {
		if _, err := os.Stat(part); !os.IsNotExist(err) {
			t.Errorf("%s is still there (%v)", part, err)
		}
	}
	p.set("machine_drives", drive, schema.Set{"preferred_tier": schema.TextValue("3")})
	moved := p.path("3", drive)
	p.await("the move", func() bool { _, err := os.Stat(moved); return err == nil })
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("the disk is in both places (%v)", err)
	}
}

// TestLostFile never replaces a disk that had content by an empty one.
func TestLostFile(t *testing.T) {
	t.Parallel()
	p := newPool(t)
	p.start()
	drive := p.drive("disk", 8*mib, 0)
	p.awaitReady(drive)
	path := p.path("", drive)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	p.update(func(tx *store.Tx) error { tx.Touch("machine_drives", schema.IntValue(drive)); return nil })
	p.await("the alarm", func() bool {
		s := p.status(drive)
		return s.Status == "error" && strings.Contains(s.StatusInfo, "missing")
	})
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("a new file took the lost one's place (%v)", err)
	}
}
