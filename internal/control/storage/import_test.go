package storage_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"dewpoint/internal/host/libvirt"
	"dewpoint/internal/model/system"
	"dewpoint/internal/operation"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/test/rig"
)

// imported returns the last import of a drive.
func (p *pool) imported(drive int64) (last system.Operation) {
	p.t.Helper()
	if err := p.db.View(p.t.Context(), func(tx *store.Tx) error {
		rows, err := store.FindRows[system.Operation](tx, store.Eq("object", schema.TextValue(fmt.Sprintf("machine_drives/%d", drive))))
		if len(rows) > 0 {
			last = rows[len(rows)-1]
		}
		return err
	}); err != nil {
		p.t.Fatal(err)
	}
	return last
}

// noise is an image that takes a while to convert.
func noise(mebibytes int) []byte {
	content := make([]byte, mebibytes*mib)
	for r, i := rand.NewChaCha8([32]byte{1}), 0; i < len(content); i += mib {
		_, _ = r.Read(content[i : i+mib]) // never fails
	}
	return content
}

func there(path string) bool { _, err := os.Lstat(path); return err == nil }

// converters are the qemu-img processes whose arguments or files name the drive's draft.
func converters(t *testing.T, draft string) (pids []string) {
	t.Helper()
	links, err := filepath.Glob("/proc/[0-9]*/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range links {
		if at, err := os.Readlink(link); err == nil && strings.TrimSuffix(at, " (deleted)") == draft {
			pids = append(pids, strings.Split(link, "/")[2])
		}
	}
	return pids
}

// importing makes a drive that is imported, and returns once its disk is being written.
func (p *pool) importing() (drive int64, disk string) {
	p.t.Helper()
	file := p.media(noise(192))
	p.set("files", file, schema.Set{"complete": schema.BoolValue(true)})
	drive = p.drive("import", 0, file)
	disk = p.path("", drive)
	p.start()
	p.await("the draft", func() bool { return there(disk + ".part") })
	return drive, disk
}

// TestCancelledImport stops qemu-img and leaves nothing; the drive says so, and a change of it begins another import.
func TestCancelledImport(t *testing.T) {
	t.Parallel()
	p := newPool(t)
	drive, disk := p.importing()
	p.update(func(tx *store.Tx) error { return operation.Cancel(tx, p.imported(drive).Key) })
	p.await("the end", func() bool { return p.imported(drive).Ended != 0 })
	if got := p.imported(drive).Status; got != operation.Cancelled {
		t.Fatalf("the import is %s", got)
	}
	if left, err := filepath.Glob(filepath.Join(p.dir, "pools", "*", "*")); err != nil || len(left) != 0 {
		t.Errorf("left in the pool: %v (%v)", left, err)
	}
	if pids := converters(t, disk+".part"); len(pids) != 0 {
		t.Errorf("processes %v still have the draft open", pids)
	}
	p.await("the word in the status", func() bool {
		s := p.status(drive)
		return s.Status == "error" && strings.Contains(s.StatusInfo, "cancelled")
	})
	p.set("machine_drives", drive, schema.Set{"disksize": schema.IntValue(256 * mib)})
	p.awaitReady(drive)
}

// TestDeletedWhileImported cancels the import and takes the drive away.
func TestDeletedWhileImported(t *testing.T) {
	t.Parallel()
	p := newPool(t)
	drive, disk := p.importing()
	p.update(func(tx *store.Tx) error { return tx.Delete("machine_drives", schema.IntValue(drive)) })
	p.await("the purge", func() bool { return p.count("machine_drives") == 0 })
	if there(filepath.Dir(disk)) || p.imported(drive).Status != operation.Cancelled {
		t.Errorf("the folder is there: %v; the import is %s", there(filepath.Dir(disk)), p.imported(drive).Status)
	}
}

// childVariable holds where a process that is to be killed does its work.
const childVariable = "DEWPOINT_STORAGE_CHILD"

// place is where a child works.
type place struct {
	rig.Place
	Point string // at which it kills itself; "" for none
	Fail  bool   // once a domain is gone, its removal counts as failed
}

// child keeps the disks of a place until it is killed.
func child() int {
	var at place
	if err := json.Unmarshal([]byte(os.Getenv(childVariable)), &at); err != nil {
		return 2
	}
	db, err := at.Open()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	cfg := configOf(db, at.Dir)
	cfg.Domains = &killer{libvirt.New("", ""), at}
	run(db, cfg)
	select {}
}

// spawn runs a child until the moment comes, and kills it.
func (at place) spawn(t *testing.T, moment func() bool) {
	t.Helper()
	rig.KillAt(t, childVariable, at, moment)
}

// onEach runs a test in an empty place on each database.
func onEach(t *testing.T, test func(t *testing.T, at place)) {
	rig.EachPlace(t, func(t *testing.T, at rig.Place) { test(t, place{Place: at}) })
}

// TestKilledImport kills the server's process in the middle of a conversion and as the disk appears: the next run ends the import, with all the
// bytes of the file and nothing beside them.
func TestKilledImport(t *testing.T) { onEach(t, killImport) }

func killImport(t *testing.T, at place) {
	p := newPoolOn(t, at.Database(t), at.Dir)
	content := noise(96)
	file := p.media(content)
	p.set("files", file, schema.Set{"complete": schema.BoolValue(true)})
	drive := p.drive("import", 0, file)
	disk := p.path("", drive)
	half := func() bool { info, err := os.Stat(disk + ".part"); return err == nil && info.Size() > mib }
	at.spawn(t, half)
	if row := p.imported(drive); row.Ended != 0 || there(disk) || !there(disk+".part") {
		t.Fatalf("killed too late: %+v", row)
	}
	at.spawn(t, func() bool { return there(disk) })
	p.start()
	p.awaitReady(drive)
	p.await("the end", func() bool { return p.imported(drive).Status == operation.Complete })
	if there(disk + ".part") {
		t.Error("the draft is still there")
	}
	raw := filepath.Join(t.TempDir(), "raw")
	if out, err := exec.CommandContext(t.Context(), "qemu-img", "convert", "-O", "raw", disk, raw).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if got, err := os.ReadFile(raw); err != nil || !bytes.Equal(got, content) {
		t.Errorf("the disk holds other bytes than the file (%v)", err)
	}
	if p.count("operations") != 1 {
		t.Errorf("%d operations, want one", p.count("operations"))
	}
}
