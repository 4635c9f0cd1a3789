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
	"dewpoint/internal/operation"
	"dewpoint/internal/store"
	"dewpoint/internal/store/postgres"
	"dewpoint/internal/store/postgres/pgtest"
	"dewpoint/internal/store/sqlite"
)

// childVariable holds the order of a process that is to be killed in the middle of its work.
const childVariable = "DEWPOINT_OPERATION_CHILD"

// order is what the child does: it works on the database until the point is reached and ends there at once, or until the operation has ended.
type order struct {
	DSN, Dir, Point string
	Key             int64
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
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	db, err := openOrder(o)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer db.Close()
	stop := run(db, towerOf(func(point string) {
		if point == o.Point {
			if err := syscall.Kill(os.Getpid(), syscall.SIGKILL); err != nil {
				panic(err)
			}
			select {}
		}
	}))
	defer stop()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if row, err := read(db, o.Key); err == nil && row.Ended != 0 {
			return 0
		}
	}
	fmt.Fprintln(os.Stderr, "the operation doesn't end")
	return 1
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
			o := order{DSN: dsn(t), Dir: t.TempDir()}
			for _, fail := range []bool{false, true} {
				for _, point := range pointsOf(fail) {
					t.Run(fmt.Sprintf("fail=%t/%s", fail, point), func(t *testing.T) { killAt(t, o, fail, point) })
				}
			}
		})
	}
}

func killAt(t *testing.T, o order, fail bool, point string) {
	built := t.TempDir()
	o.Point = point
	db, err := openOrder(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Update(background, func(tx *store.Tx) (err error) {
		if err := forgetFacts(tx); err != nil {
			return err
		}
		o.Key, err = operation.Begin(tx, operation.Request{Object: "files/7", Params: tower{Dir: built, Fail: fail}})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	db.Close()
	if !spawn(t, o) {
		t.Fatal("the first run was not killed: the point was never reached")
	}
	o.Point = ""
	if spawn(t, o) {
		t.Fatal("the second run was killed")
	}
	if db, err = openOrder(o); err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	row, err := read(db, o.Key)
	if err != nil {
		t.Fatal(err)
	}
	if fail {
		if got := lying(t, built); row.Status != operation.Failed || got != "" || row.StepsDone != 0 {
			t.Errorf("ended as %q after %d steps, with stones %q; want error, none", row.Status, row.StepsDone, got)
		}
		return
	}
	const all = "0 1 2 3 4"
	if got := lying(t, built); row.Status != operation.Complete || got != all {
		t.Errorf("ended as %q (%s) with stones %q; want complete, all", row.Status, row.StatusInfo, got)
	}
	if got := facts(t, db); got != all {
		t.Errorf("facts %q, want each once", got)
	}
}

// forgetFacts clears the log of the point before, which had the same database.
func forgetFacts(tx *store.Tx) error {
	rows, err := tx.Find("logs")
	for _, row := range rows {
		if err := tx.Purge("logs", row.Key); err != nil {
			return err
		}
	}
	return err
}
