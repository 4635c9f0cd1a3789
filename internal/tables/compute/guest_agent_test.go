package compute_test

import (
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/model/system"
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/test/rig"
)

// TestGuestCommands: a command is taken in each of its forms, and refused where no guest could run it, or none runs. A password lies in no row as it is, and neither does
// a text that is typed, which may be one.
func TestGuestCommands(t *testing.T) {
	t.Parallel()
	s := rig.Start(t, t.TempDir(), slog.New(slog.DiscardHandler))
	ctx := perm.WithActor(t.Context(), perm.System("admin"))
	if err := s.Engine.Do(ctx, func(w *engine.Write) error {
		_, err := w.Create("vms", schema.Input{"name": engine.Text("a")})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	act := func(action string, params schema.Input) error {
		_, err := s.Engine.Act(ctx, "vms", "1", action, params)
		return err
	}
	command := func(text string) schema.Input { return schema.Input{"command": json.RawMessage(text)} }
	if err := act("execute", command(`"true"`)); !errs.Is(err, errs.Conflict) {
		t.Errorf("of a VM that is off: %v", err)
	}
	change(t, s.DB, func(tx *store.Tx) error {
		vm, err := store.GetRow[compute.VM](tx, int64(1))
		if err != nil {
			return err
		}
		return store.Write(tx, vm.Machine, compute.MachineStatusSet{}.Running(true))
	})
	for _, bad := range []string{
		`7`, `[]`, `{}`, `{"path":""}`, `[""]`, `[1]`, `{"path":"/x","env":["X"]}`, `{"path":"/x","env":["=1"]}`, `["/x","a\u0000b"]`,
		`"` + strings.Repeat("x", compute.MostCommand) + `"`, `["/x"` + strings.Repeat(`,"y"`, 300) + `]`,
	} {
		if err := act("execute", command(bad)); errs.As(err) == nil || errs.As(err).Field != "command" {
			t.Errorf("%.60s: %v", bad, err)
		}
	}
	for _, good := range []string{`"ls -l"`, `["/bin/ls","-l"]`, `{"path":"/bin/ls","arg":["-l"],"env":["A=b"],"input":"x"}`} {
		if err := act("execute", command(good)); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{"a:b", "a\nb"} {
		if err := act("set_password", schema.Input{"user": engine.Text(bad), "password": engine.Text("x")}); !errs.Is(err, errs.Invalid) {
			t.Errorf("the password of %q: %v", bad, err)
		}
	}
	if err := act("set_password", schema.Input{"user": engine.Text("root"), "password": engine.Text("hunter2hunter2")}); err != nil {
		t.Fatal(err)
	}
	if err := act("paste", schema.Input{"text": engine.Text("root\nhunter2hunter2\n")}); err != nil {
		t.Fatal(err)
	}
	if err := s.DB.View(t.Context(), func(tx *store.Tx) error {
		rows, err := store.FindRows[system.Operation](tx)
		if len(rows) != 5 {
			t.Errorf("%d operations", len(rows))
		}
		for _, o := range rows {
			if strings.Contains(o.Params, "hunter2") {
				t.Errorf("the password stands in a row: %s", o.Params)
			}
			if o.Kind == "vm_execute" && !strings.Contains(o.Params, `"-l"`) && !strings.Contains(o.Params, `"ls -l"`) {
				t.Errorf("a command became %s", o.Params)
			}
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func change(t *testing.T, db *store.DB, f func(*store.Tx) error) {
	t.Helper()
	if err := db.Update(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}
