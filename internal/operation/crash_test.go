package operation_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"dewpoint/internal/model"
	"dewpoint/internal/model/system"
	"dewpoint/internal/operation"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/internal/store/postgres"
	"dewpoint/internal/store/postgres/pgtest"
	"dewpoint/internal/store/sqlite"
)

// childVariable holds the order of a process that is to be killed in the middle of its work.
const childVariable = "DEWPOINT_OPERATION_CHILD"

// order is what the child does: it works until the operation about one object has ended, then asks for one about another, and ends at once, by a
// kill, when that reaches the point. An object that is empty is left out.
type order struct {
	DSN, Dir     string
	Ends, Begins string // objects
	Tower, Point string // the folder that the stones of Begins go into
	Fail         bool
	// Before and Behind are the folders of towers that are begun with it in one queue, about the objects before and behind it, and may be built beside it.
	Before, Behind []string
}

// towers are what is asked for in one transaction.
func (o order) towers() (all []operation.Request) {
	if len(o.Behind) == 0 {
		return []operation.Request{{Object: o.Begins, Params: tower{Dir: o.Tower, Fail: o.Fail}}}
	}
	for i, dir := range slices.Concat(o.Before, []string{o.Tower}, o.Behind) {
		all = append(all, operation.Request{Object: fmt.Sprintf("files/%d", i), Queue: "files/0", Params: tower{Dir: dir, Beside: true}})
	}
	return all
}

func openOrder(o order) (*store.DB, error) {
	if o.DSN != "" {
		return postgres.Open(background, o.DSN, model.Schema())
	}
	return sqlite.Open(background, filepath.Join(o.Dir, "dewpoint.db"), model.Schema())
}

// child works as ordered, and returns its exit code.
func child() int {
	var o order
	if err := json.Unmarshal([]byte(os.Getenv(childVariable)), &o); err != nil {
		return complain(err)
	}
	db, err := openOrder(o)
	if err != nil {
		return complain(err)
	}
	defer db.Close()
	stop := run(db, towerOf(func(dir, point string) {
		if dir == o.Tower && point == o.Point {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}))
	defer stop()
	if err := awaitEnd(db, o.Ends); err != nil || o.Begins == "" {
		return complain(err)
	}
	if err := db.Update(background, func(tx *store.Tx) error {
		for _, request := range o.towers() {
			if _, err := operation.Begin(tx, request); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return complain(err)
	}
	return complain(errors.Join(awaitEnd(db, o.Begins), errors.New("the point was never reached")))
}

func complain(err error) int {
	if err == nil {
		return 0
	}
	fmt.Fprintln(os.Stderr, err)
	return 1
}

// about returns the operation about an object.
func about(db *store.DB, object string) (found []system.Operation, err error) {
	err = db.View(background, func(tx *store.Tx) (err error) {
		found, err = store.FindRows[system.Operation](tx, store.Eq("object", schema.TextValue(object)))
		return err
	})
	return found, err
}

// awaitEnd returns when the operation about the object has ended.
func awaitEnd(db *store.DB, object string) error {
	for deadline := time.Now().Add(20 * time.Second); object != ""; time.Sleep(5 * time.Millisecond) {
		found, err := about(db, object)
		if err != nil || len(found) == 1 && found[0].Ended != 0 {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("the operation about %s doesn't end", object)
		}
	}
	return nil
}

// spawn runs a child and reports whether it was killed.
func spawn(t *testing.T, o order) (killed bool) {
	t.Helper()
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"="+string(text))
	out, err := cmd.CombinedOutput()
	if err == nil {
		return false
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) && ctx.Err() == nil {
		if ws, ok := exit.Sys().(syscall.WaitStatus); ok && ws.Signaled() && ws.Signal() == syscall.SIGKILL {
			return true
		}
	}
	t.Fatalf("child: %v\n%s", err, out)
	return false
}

// pointsOf are the moments at which a tower is cut off: one in each step and each undo, and with the campaigns (docs/ops/testing.md) all of them.
func pointsOf(fail bool) []string {
	all := points(fail)
	if os.Getenv("DEWPOINT_SOAK") == "" {
		all = slices.DeleteFunc(all, func(p string) bool { return !strings.HasSuffix(p, "lies") && !strings.HasSuffix(p, "lifted") })
	}
	return all
}

// points are all moments: on the way up, and, if it fails, on the way down.
func points(fail bool) (all []string) {
	for i := range stones {
		for _, moment := range []string{"begins", "lies", "is written"} {
			if !fail || i < stones-1 || moment != "is written" {
				all = append(all, fmt.Sprintf("stone %d %s", i, moment))
			}
		}
		if fail {
			for _, moment := range []string{"is lifted", "is gone"} {
				all = append(all, fmt.Sprintf("stone %d %s", i, moment))
			}
		}
	}
	return all
}

// Killed at any point, an operation ends done or undone in the next run: each step is there once with its fact, or nothing is.
func TestKilledAtEveryPoint(t *testing.T) {
	t.Parallel()
	for name, dsn := range map[string]func(*testing.T) string{
		"sqlite":   func(*testing.T) string { return "" },
		"postgres": func(t *testing.T) string { return pgtest.DSN(t) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			killAll(t, order{DSN: dsn(t), Dir: t.TempDir()})
		})
	}
}

// killAll has a process killed at each point; the one after it ends what that had begun, before it begins its own.
func killAll(t *testing.T, o order) {
	var begun []order
	for _, o.Fail = range []bool{false, true} {
		for _, o.Point = range pointsOf(o.Fail) {
			o.Tower, o.Begins = t.TempDir(), fmt.Sprintf("files/%d", len(begun)+1)
			if !spawn(t, o) {
				t.Fatalf("fail=%t: %s: the process was not killed", o.Fail, o.Point)
			}
			begun, o.Ends = append(begun, o), o.Begins
		}
	}
	o.Begins, o.Tower, o.Point = "", "", ""
	if spawn(t, o) {
		t.Fatal("the last process was killed")
	}
	db, err := openOrder(o)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, o := range begun {
		t.Run(fmt.Sprintf("fail=%t, %s", o.Fail, o.Point), func(t *testing.T) { checkEnd(t, db, o) })
	}
}

func checkEnd(t *testing.T, db *store.DB, o order) {
	found, err := about(db, o.Begins)
	if err != nil || len(found) != 1 {
		t.Fatalf("%d operations, %v", len(found), err)
	}
	row := found[0]
	if o.Fail {
		if got := lying(t, o.Tower); row.Status != operation.Failed || got != "" || row.StepsDone != 0 {
			t.Errorf("ended as %q after %d steps, with stones %q; want error, none", row.Status, row.StepsDone, got)
		}
		return
	}
	const all = "0 1 2 3 4"
	if got := lying(t, o.Tower); row.Status != operation.Complete || got != all {
		t.Errorf("ended as %q (%s) with stones %q; want complete, all", row.Status, row.StatusInfo, got)
	}
	if got := facts(t, db, o.Tower); got != all {
		t.Errorf("facts %q, want each once", got)
	}
}
