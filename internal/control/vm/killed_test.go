package vm_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"dewpoint/internal/engine"
	"dewpoint/internal/host/block"
	"dewpoint/internal/layer"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/model/system"
	"dewpoint/internal/operation"
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/test/rig"
)

const piece = 1 << 16 // bytes that a test writes at once

// killed is a machine whose server dies again and again.
type killed struct {
	*server
	test        *testing.T
	at          place
	eng         *engine.Engine
	machine, vm int64
	drive       int64
	running     bool
	written     int         // pieces
	had         map[int]int // snapshot → pieces written until then
}

// TestKilledSnapshots kills the server's process in each step of snapshots, of ways back to them and of their deletion, for a machine that is off and for one
// that runs: the next run ends what was begun, and the disk holds what it held then, in no other files than the rows name.
func TestKilledSnapshots(t *testing.T) {
	for _, running := range []bool{false, true} {
		t.Run(fmt.Sprintf("running %v", running), func(t *testing.T) {
			rig.EachPlace(t, func(t *testing.T, at rig.Place) {
				k := newKilled(t, place{Place: at}, running)
				all := at.DSN == "" || os.Getenv("DEWPOINT_SOAK") != ""
				k.snapshots(all)
				k.reverts(all)
				k.merges()
			})
		})
	}
}

func newKilled(t *testing.T, at place, running bool) *killed {
	t.Helper()
	return newKilledIn(t, at.Dir, at, running)
}

// newKilledIn has the data in another folder than the database.
func newKilledIn(t *testing.T, data string, at place, running bool) *killed {
	t.Helper()
	db := at.Database(t)
	k := &killed{server: newServerOn(t, data, db), test: t, at: at, running: running, had: map[int]int{}}
	k.at.Instance = k.instance
	k.eng = rig.StartOn(t, db, at.Dir, slog.New(slog.DiscardHandler)).Engine
	k.vm, k.machine = k.createVM(uuid.NewString(), schema.Set{"boot_delay": schema.IntValue(0)})
	k.drive = k.createDrive(k.machine, func(path string) error { return block.Create(path, 4<<20) })
	k.update(func(tx *store.Tx) error { return store.Write(tx, k.drive, compute.MachineDriveSet{}.Disksize(4<<20)) })
	k.write()
	if running {
		k.on()
	}
	return k
}

func (k *killed) on() {
	k.test.Helper()
	k.ask(k.machine, compute.PowerOn)
	k.await("running", k.runs)
}

// runs reports whether the guest runs, and no request for its power is open.
func (k *killed) runs() bool {
	k.Wake()
	s := k.status(k.machine)
	return s.Running && s.DoneSeq >= k.server.machine(k.machine).PowerSeq
}

// write puts another piece on the disk of a machine that is off.
func (k *killed) write() {
	k.test.Helper()
	k.written++
	k.io("write", k.head(), k.written)
}

func (k *killed) io(what, path string, n int) {
	k.test.Helper()
	out, err := exec.CommandContext(k.test.Context(), "qemu-io", "-f", "qcow2", "-c", fmt.Sprintf("%s -P %d %d %d", what, n, n*piece, piece), path).CombinedOutput()
	if err != nil || strings.Contains(string(out), "verification failed") {
		k.test.Fatalf("piece %d: %v\n%s", n, err, out)
	}
}

// chain are the files of the disk by the rows, its own first.
func (k *killed) chain() (paths []string) {
	k.test.Helper()
	k.view(func(tx *store.Tx) error {
		d, err := store.GetRow[compute.MachineDrive](tx, k.drive)
		if err != nil {
			return err
		}
		set, err := layer.Of(tx, d)
		if err != nil {
			return err
		}
		paths = []string{block.DrivePath(k.dataDir, "", k.server.machine(k.machine).UUID, layer.Head(d))}
		beneath, err := set.Beneath(d.Base)
		for _, l := range beneath {
			paths = append(paths, block.DrivePath(k.dataDir, l.Tier, l.Folder, l.File))
		}
		return err
	})
	return paths
}

func (k *killed) view(f func(tx *store.Tx) error) {
	k.test.Helper()
	if err := k.db.View(k.test.Context(), f); err != nil {
		k.test.Fatal(err)
	}
}

func (k *killed) head() string { k.test.Helper(); return k.chain()[0] }

func (k *killed) operation(key int64) (row system.Operation) {
	k.test.Helper()
	k.view(func(tx *store.Tx) (err error) {
		row, err = store.GetRow[system.Operation](tx, key)
		return err
	})
	return row
}

// do does something as a client, and returns the operation that it began.
func (k *killed) do(f func(w *engine.Write) error) (op int64) {
	k.test.Helper()
	err := k.eng.Do(perm.WithActor(k.test.Context(), perm.System("admin")), func(w *engine.Write) error {
		err := f(w)
		if len(w.Operations) > 0 {
			op = w.Operations[0]
		}
		return err
	})
	if err != nil {
		k.test.Fatal(err)
	}
	return op
}

// kill has the operation run until the moment, kills its process, and has another one end it.
func (k *killed) kill(op int64, moment string) {
	k.test.Helper()
	files := len(k.pooled())
	at := k.at
	if strings.HasPrefix(moment, "before ") || strings.HasPrefix(moment, "after ") {
		at.Stop = moment
	}
	_ = os.Remove(at.mark()) // of the time before
	at.spawn(k.test, func() bool {
		k.Wake()
		row := k.operation(op)
		switch {
		case row.Ended != 0:
			return true
		case at.Stop != "":
			_, err := os.Stat(at.mark())
			return err == nil
		case moment == "it was begun":
			return row.Status == operation.Running
		case moment == "it has looked":
			return row.StepsDone > 0
		case moment == "a file was made":
			return len(k.pooled()) > files
		case moment == "the files are made":
			return row.StepsDone > 1
		}
		return false
	})
	if row := k.operation(op); at.Stop != "" && row.Ended != 0 {
		k.test.Fatalf("the %s never came to be %s: it is %s (%s)", row.Kind, moment, row.Status, row.StatusInfo)
	}
	k.at.spawn(k.test, func() bool { k.Wake(); return k.operation(op).Ended != 0 })
	if row := k.operation(op); row.Status != operation.Complete {
		k.test.Fatalf("killed when %s: the %s is %s at %q (%s)", moment, row.Kind, row.Status, row.Step, row.StatusInfo)
	}
	k.sound(moment)
}

// sound checks that the disk's files are those that the rows name and no others, and that a guest writes to the topmost.
func (k *killed) sound(when string) {
	k.test.Helper()
	var want []string
	k.view(func(tx *store.Tx) error {
		layers, err := layer.All(tx)
		for _, l := range layers {
			want = append(want, block.DrivePath(k.dataDir, l.Tier, l.Folder, l.File))
		}
		return err
	})
	want = append(want, k.head())
	slices.Sort(want)
	if d := cmp.Diff(want, k.pooled()); d != "" {
		k.test.Fatalf("killed when %s: files (-rows +host):\n%s", when, d)
	}
	if !k.running {
		return
	}
	k.await("the guest", k.runs)
	d, _ := k.domain(k.machine)
	holds, err := k.host.Holds(k.test.Context(), d.Ref)
	if err != nil || !slices.Contains(holds.Files, k.head()) {
		k.test.Fatalf("killed when %s: the guest writes to %v, the rows have %s (%v)", when, holds.Files, k.head(), err)
	}
}

// holds checks what the disk reads as, for a machine that is off.
func (k *killed) holds(when string, pieces int) {
	k.test.Helper()
	flat := filepath.Join(k.test.TempDir(), "flat")
	if err := block.Flatten(k.test.Context(), k.chain(), flat, 4<<20, func(float64) {}); err != nil {
		k.test.Fatalf("%s: %v", when, err)
	}
	for n := 1; n <= k.written; n++ {
		if n <= pieces {
			k.io("read", flat, n)
			continue
		}
		out, err := exec.CommandContext(k.test.Context(), "qemu-io", "-f", "qcow2", "-c", fmt.Sprintf("read -P 0 %d %d", n*piece, piece), flat).CombinedOutput()
		if err != nil || strings.Contains(string(out), "verification failed") {
			k.test.Fatalf("%s: piece %d came later: %v\n%s", when, n, err, out)
		}
	}
}

func (k *killed) pooled() []string {
	found, _ := filepath.Glob(filepath.Join(k.dataDir, "pools", "*", "*", "*")) // the pattern is good
	return found
}

// moments are those of an operation: by its row and files for a machine that is off, and by the calls to the host for one that runs.
func (k *killed) moments(all bool, calls ...string) []string {
	list := []string{"it was begun", "it has looked", "a file was made", "the files are made"}
	if !all {
		list = list[2:3]
	}
	if k.running {
		list = append(list, calls...)
	}
	return list
}

func (k *killed) snapshots(all bool) {
	calls := k.moments(all, "before the switch", "after the switch")
	if k.running {
		calls = append(calls, "before the switch", "after the switch") // with memory
	}
	for i, moment := range calls {
		memory := k.running && i >= len(calls)-2
		op := k.do(func(w *engine.Write) error {
			return w.Act("vms", schema.IntValue(k.vm).Text(), "snapshot", schema.Input{"name": json.RawMessage(fmt.Sprintf(`"s%d"`, i)), "memory": engine.Flag(memory)})
		})
		k.kill(op, moment)
		k.had[i] = k.written
		if !k.running {
			k.write()
			k.holds(moment, k.written)
		}
	}
}

// taken are the snapshots, in their order.
func (k *killed) taken() (list []compute.MachineSnapshot) {
	k.view(func(tx *store.Tx) (err error) {
		list, err = store.FindRows[compute.MachineSnapshot](tx, store.Is(compute.MachineSnapshotCol.Taken, true))
		return err
	})
	return list
}

func (k *killed) reverts(all bool) {
	list := k.taken()
	if len(list) != len(k.had) {
		k.test.Fatalf("%d snapshots are taken, want %d", len(list), len(k.had))
	}
	back := func(i int, moment string) {
		k.kill(k.do(func(w *engine.Write) error {
			return w.Act("vms", schema.IntValue(k.vm).Text(), "restore", schema.Input{"snapshot_id": engine.Number(list[i].Key)})
		}), moment)
		if !k.running {
			k.holds(moment, k.had[i])
		}
	}
	for n, moment := range k.moments(all, "before the cut", "after the cut") {
		back(n%2, moment)
	}
	if k.running {
		for _, moment := range []string{"before the cut", "before the memory", "after the memory"} {
			back(len(list)-1, moment)
		}
	}
}

// prune removes the states of what was deleted, and the layers that nothing needs, as the storage controller does.
func (k *killed) prune() {
	for gone := true; gone; {
		gone = false
		k.update(func(tx *store.Tx) error {
			dead, err := store.FindRows[compute.MachineDrive](tx, store.Everything())
			for _, d := range dead {
				if !d.Deleted {
					continue
				}
				if err := tx.Purge("machine_drives", schema.IntValue(d.Key)); err != nil {
					return err
				}
			}
			if err != nil {
				return err
			}
			layers, err := layer.All(tx)
			if err != nil {
				return err
			}
			for _, l := range layers {
				drives, err := tx.Count("machine_drives", store.Everything(), store.Is(compute.MachineDriveCol.Base, l.Key))
				if err != nil {
					return err
				}
				above, err := tx.Count("drive_layers", store.Is(compute.DriveLayerCol.Base, l.Key))
				if err != nil {
					return err
				}
				if drives+above > 0 {
					continue
				}
				gone = true
				if err := os.Remove(block.DrivePath(k.dataDir, l.Tier, l.Folder, l.File)); err != nil {
					return err
				}
				if err := tx.Purge("drive_layers", schema.IntValue(l.Key)); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// merges deletes the snapshots and makes one of all files, as the storage controller has it done.
func (k *killed) merges() {
	for _, s := range k.taken() {
		k.do(func(w *engine.Write) error { return w.Delete("machine_snapshots", schema.IntValue(s.Key).Text()) })
	}
	k.prune()
	moments := k.moments(true, "before the merge", "after the merge")
	for n := 0; ; n++ {
		var lone []layer.Lone
		k.view(func(tx *store.Tx) (err error) {
			_, lone, err = layer.ReadLones(tx)
			return err
		})
		if len(lone) == 0 {
			break
		}
		var op int64
		k.update(func(tx *store.Tx) (err error) {
			op, err = operation.Begin(tx, operation.Request{
				Object: fmt.Sprintf("machines/%d", k.machine), Params: compute.LayerMerge{Layer: lone[0].Layer.Key, Machine: k.machine},
			})
			return err
		})
		k.kill(op, moments[n%len(moments)])
	}
	if len(k.chain()) != 1 {
		k.test.Errorf("the disk is made of %v, want one file", k.chain())
	}
	if k.running {
		d, _ := k.domain(k.machine)
		if err := k.host.Destroy(k.test.Context(), d.Ref); err != nil {
			k.test.Fatal(err)
		}
		k.holds("the end", k.written)
	}
}
