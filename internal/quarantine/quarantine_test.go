package quarantine

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"dewpoint/internal/errs"
	"dewpoint/internal/model/system"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// TestHeldAfterAKillAtAnyStep stops after each step of Hold, as a kill would, and then has the next program sweep and pass: the bytes are
// in quarantine once, with one row.
func TestHeldAfterAKillAtAnyStep(t *testing.T) {
	t.Parallel()
	for stop := range 4 {
		s := newShelf(t)
		path := s.plant("files/7-0badcafe", "precious")
		thing := Thing{Kind: system.FoundFile, Path: path, Why: "a test"}
		e, err := s.enter(thing)
		must(t, err)
		for _, step := range s.steps(t.Context(), e, path)[:stop] {
			must(t, step())
		}
		for range 2 { // whichever comes first: the sweep or the pass
			s.pass()
			must(t, s.Hold(t.Context(), thing))
		}
		q := s.only()
		if q.Kind != system.FoundFile || q.Path != "files/7-0badcafe" || q.Size != 8 || q.Why != "a test" {
			t.Errorf("stopped after %d steps: the row is %+v", stop, q)
		}
		if got, err := os.ReadFile(filepath.Join(s.data, q.Place, content)); err != nil || string(got) != "precious" {
			t.Errorf("stopped after %d steps: in quarantine are %q, %v", stop, got, err)
		}
		if left := s.leftovers(); len(left) != 1 {
			t.Errorf("stopped after %d steps: left in the folder: %v", stop, left)
		}
		if _, err := os.Lstat(path); !os.IsNotExist(err) {
			t.Errorf("stopped after %d steps: it is still in its place (%v)", stop, err)
		}
	}
}

// TestFoldersOfNetworksAreKnownByTheirIDs sweeps beside a network with an id, and beside one of an older version, whose folder is being named.
func TestFoldersOfNetworksAreKnownByTheirIDs(t *testing.T) {
	t.Parallel()
	for id, taken := range map[string][]string{"0badcafe": {"vnets/1", "vnets/1-0defaced", "vnets/2-0badcafe"}, "": {"vnets/2-0badcafe"}} {
		s := newShelf(t)
		must(t, s.db.Update(t.Context(), func(tx *store.Tx) error {
			r := schema.NewRecord(tx.Schema().Table("vnets"))
			r.Put("name", schema.TextValue("lan"))
			key, err := tx.Create(r, nil)
			if err != nil || key.Int() != 1 {
				return errors.Join(err, fmt.Errorf("the network has the key %s", key.Text()))
			}
			return tx.Change("vnets", key, schema.Set{"storage_id": schema.TextValue(id)})
		}))
		for _, folder := range []string{"vnets/1", "vnets/1-0badcafe", "vnets/1-0defaced", "vnets/2-0badcafe"} {
			s.plant(folder+"/run/dnsmasq.leases", "a lease")
		}
		must(t, s.sweepFolders(t.Context()))
		var got []string
		for _, q := range s.list() {
			got = append(got, q.Path)
		}
		if slices.Sort(got); !slices.Equal(got, taken) {
			t.Errorf("beside a network with the id %q %v were set aside, want %v", id, got, taken)
		}
	}
}

// TestRowsAreMadeAgain drops the rows, as a database that is brought back from an older copy does.
func TestRowsAreMadeAgain(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	s.plant("files/7", "precious")
	s.hold(system.FoundFile, "files/7")
	before := s.only()
	must(t, s.db.Update(t.Context(), func(tx *store.Tx) error { return tx.Delete("quarantine", schema.IntValue(before.Key)) }))
	s.pass()
	after := s.only()
	if after.Place != before.Place || after.Found != before.Found || after.Path != before.Path || after.Why != before.Why {
		t.Errorf("the row was %+v and is %+v", before, after)
	}
}

// TestTimeIsOver keeps a thing for the days of the setting, and with 0 for ever.
func TestTimeIsOver(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		setting string
		days    int
	}{{"", 30}, {"3", 3}, {"nonsense", 30}, {"-1", 30}, {"0", 0}} {
		s := newShelf(t)
		if c.setting != "" {
			must(t, s.db.Update(t.Context(), func(tx *store.Tx) error {
				r := schema.NewRecord(tx.Schema().Table("settings"))
				r.Key = schema.TextValue(system.QuarantineSetting)
				r.Put("value", schema.TextValue(c.setting))
				_, err := tx.Create(r, nil)
				return err
			}))
		}
		now := time.Unix(1_800_000_000, 0)
		s.now = func() time.Time { return now }
		s.plant("files/7", "precious")
		s.hold(system.FoundFile, "files/7")
		now = now.AddDate(0, 0, c.days).Add(-time.Second)
		if c.days == 0 {
			now = now.AddDate(90, 0, 0)
		}
		s.pass()
		s.only()
		if c.days == 0 {
			continue
		}
		now = now.Add(time.Second)
		s.pass()
		s.only() // a clock that is wrong for a while removes nothing
		s.serve(grace)
		s.pass()
		if len(s.list()) != 0 || len(s.leftovers()) != 0 {
			t.Errorf("setting %q: after %d days there are still %v, %v", c.setting, c.days, s.list(), s.leftovers())
		}
		must(t, s.db.View(t.Context(), func(tx *store.Tx) error {
			lines, err := tx.Find("logs")
			if n := len(lines); n != 2 || !strings.Contains(lines[1].Get("text").Text(), "its time was over: file files/7") {
				t.Errorf("setting %q: %d log lines", c.setting, n)
			}
			return err
		}))
	}
}

// TestClockThatWasAheadForAWhile removes nothing, whatever the time of day was meanwhile.
func TestClockThatWasAheadForAWhile(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	now := time.Unix(1_800_000_000, 0)
	s.now = func() time.Time { return now }
	s.plant("files/7", "precious")
	s.hold(system.FoundFile, "files/7")
	for range 3 {
		now = now.AddDate(1, 0, 0)
		s.pass()
		s.serve(grace - time.Second)
		s.pass()
		now = now.AddDate(-1, 0, 0)
		s.pass()
		s.serve(grace)
		s.pass()
		s.only()
	}
}

// TestRestore brings a file back byte for byte, also when the program ends after the library has the bytes and before anything else is noted.
func TestRestore(t *testing.T) {
	t.Parallel()
	for _, crash := range []string{"", "bytes taken", "row complete"} {
		s := newShelf(t)
		want := sum(t, s.plant("pools/1/6f1c/7-0badcafe.qcow2", strings.Repeat("precious", 1000)))
		s.hold(system.FoundDisk, "pools/1/6f1c/7-0badcafe.qcow2")
		q := s.only()
		file := s.wishRestored(q)
		if crash != "" {
			must(t, s.Adopt(t.Context(), file, filepath.Join(s.data, q.Place, content)))
		}
		if crash == "bytes taken" {
			must(t, s.db.Update(t.Context(), func(tx *store.Tx) error {
				return tx.Change("files", schema.IntValue(file), schema.Set{"complete": schema.BoolValue(false)})
			}))
		}
		s.pass()
		if got := sum(t, s.fileOf(file)); got != want {
			t.Errorf("%q: other bytes came back", crash)
		}
		if len(s.list()) != 0 || len(s.leftovers()) != 0 {
			t.Errorf("%q: left: %v, %v", crash, s.list(), s.leftovers())
		}
	}
}

// TestRestoreFolder makes an archive of what was a folder.
func TestRestoreFolder(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	s.plant("machines/7/nvram.fd", "variables")
	s.plant("machines/7/logs/serial.log", "hello")
	s.hold(system.FoundMachine, "machines/7")
	q := s.only()
	if q.Size != int64(len("variables")+len("hello")) {
		t.Errorf("its size is %d", q.Size)
	}
	file := s.wishRestored(q)
	s.pass()
	f, err := os.Open(s.fileOf(file))
	must(t, err)
	defer f.Close()
	info, err := f.Stat()
	must(t, err)
	if row, err := s.fileRow(t.Context(), file); err != nil || row.AllocatedBytes != info.Size() {
		t.Errorf("the row says %d bytes, the file has %d (%v)", row.AllocatedBytes, info.Size(), err)
	}
	found := map[string]string{}
	for r := tar.NewReader(f); ; {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		must(t, err)
		b, err := io.ReadAll(r)
		must(t, err)
		found[h.Name] = string(b)
	}
	if len(found) != 2 || found["nvram.fd"] != "variables" || found["logs/serial.log"] != "hello" {
		t.Errorf("the archive holds %v", found)
	}
}

// TestRestoreGivenUp deletes the row of the file before the bytes have come: the thing stays, and can be asked for again.
func TestRestoreGivenUp(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	s.plant("files/7", "precious")
	s.hold(system.FoundFile, "files/7")
	file := s.wishRestored(s.only())
	must(t, s.db.Update(t.Context(), func(tx *store.Tx) error { return tx.Delete("files", schema.IntValue(file)) }))
	s.pass()
	if q := s.only(); q.Wish != "" || q.File != 0 {
		t.Errorf("the row is %+v", q)
	}
}

func TestDelete(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	s.plant("vnets/7/dnsmasq.leases", "a lease")
	s.hold(system.FoundNetwork, "vnets/7")
	s.set(s.only(), schema.Set{"wish": schema.TextValue(system.WishDelete)})
	s.pass()
	if len(s.list()) != 0 || len(s.leftovers()) != 0 {
		t.Errorf("left: %v, %v", s.list(), s.leftovers())
	}
}

// TestPlaceMissing keeps the row of a thing whose place isn't there, as when its disk isn't mounted, even when its time is over.
func TestPlaceMissing(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	s.plant("files/7", "precious")
	s.hold(system.FoundFile, "files/7")
	q := s.only()
	s.set(q, schema.Set{"keep_until": schema.IntValue(1)})
	place, away := filepath.Join(s.data, q.Place), filepath.Join(s.data, "away")
	must(t, os.Rename(place, away))
	s.pass()
	if q := s.only(); !strings.Contains(q.StatusInfo, "mounted") {
		t.Errorf("the row says %q", q.StatusInfo)
	}
	s.set(q, schema.Set{"keep_until": schema.IntValue(0)})
	must(t, os.Rename(away, place))
	s.pass()
	if q := s.only(); q.StatusInfo != "" {
		t.Errorf("the row still says %q", q.StatusInfo)
	}
}

// TestInUse leaves a file alone that a program has locked, as QEMU locks the disks of its guest.
func TestInUse(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	path := s.plant("pools/1/6f1c/7.qcow2", "a disk")
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	must(t, err)
	lock := unix.Flock_t{Type: unix.F_RDLCK, Whence: io.SeekStart, Start: 100, Len: 1} // QEMU's RAW_LOCK_PERM_BASE
	must(t, unix.FcntlFlock(f.Fd(), unix.F_OFD_SETLK, &lock))
	thing := Thing{Kind: system.FoundDisk, Path: path, Why: "a test"}
	if err := s.Hold(t.Context(), thing); !errs.Is(err, errs.Conflict) {
		t.Errorf("got %v, want Conflict", err)
	}
	must(t, f.Close())
	must(t, s.Hold(t.Context(), thing))
	s.only()
}

// TestNothingToHold makes no entry of what isn't there, and removes a folder that holds nothing.
func TestNothingToHold(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	must(t, os.MkdirAll(filepath.Join(s.data, "machines", "7"), 0o700))
	s.hold(system.FoundMachine, "machines/7")
	s.hold(system.FoundMachine, "machines/8")
	if len(s.list()) != 0 || len(s.leftovers()) != 0 {
		t.Errorf("made of nothing: %v, %v", s.list(), s.leftovers())
	}
	if _, err := os.Stat(filepath.Join(s.data, "machines", "7")); !os.IsNotExist(err) {
		t.Errorf("the empty folder is still there (%v)", err)
	}
}

// TestAcrossFileSystems holds what lies on a file system of its own there, and brings it back from there.
func TestAcrossFileSystems(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	mounted := filepath.Join(s.data, "pools", "2")
	must(t, os.MkdirAll(mounted, 0o700))
	if err := unix.Mount("none", mounted, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("mounting needs root: %v", err)
	}
	t.Cleanup(func() { must(t, unix.Unmount(mounted, 0)) })
	want := sum(t, s.plant("pools/2/6f1c/7.qcow2", "a disk"))
	s.hold(system.FoundDisk, "pools/2/6f1c/7.qcow2")
	q := s.only()
	if !strings.HasPrefix(q.Place, "pools/2/quarantine/") {
		t.Errorf("its place is %q", q.Place)
	}
	file := s.wishRestored(q)
	s.pass()
	if got := sum(t, s.fileOf(file)); got != want {
		t.Error("other bytes came back")
	}
	if len(s.list()) != 0 || len(s.leftovers()) != 0 {
		t.Errorf("left: %v, %v", s.list(), s.leftovers())
	}
}
