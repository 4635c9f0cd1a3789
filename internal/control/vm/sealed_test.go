package vm_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dewpoint/internal/auth"
	"dewpoint/internal/control/vm"
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/test/rig"
)

// vault is a database with a VM that has a console password.
type vault struct {
	t   *testing.T
	dir string
	rig.Services
	vm string
}

func newVault(t *testing.T, password string) *vault {
	t.Helper()
	v := &vault{t: t, dir: t.TempDir()}
	v.Services = rig.Start(t, v.dir, slog.New(slog.NewTextHandler(io.Discard, nil)))
	must(t, v.Engine.Prepare(t.Context()))
	in := schema.Input{"name": engine.Text("locked"), "console_pass_enabled": engine.Flag(true)}
	if password != "" {
		in["console_pass"] = engine.Text(password)
	}
	made, err := v.Engine.Create(v.admin(), "vms", in)
	must(t, err)
	v.vm = made.Key.Text()
	return v
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (v *vault) admin() context.Context {
	return perm.WithActor(v.t.Context(), perm.Actor{User: 1, Name: "admin", Admin: true})
}

// wish is what the controller reads of the VM, with the secrets that o opens.
func (v *vault) wish(o vm.Opener) vm.Machine {
	v.t.Helper()
	all, err := vm.NewStoreRows(v.DB, o, v.dir, "abcd", 1).Wish(v.t.Context(), nil)
	if err != nil || len(all) != 1 {
		v.t.Fatal(all, err)
	}
	return all[0]
}

// holds reports whether any column of any row has the text in it, the log of changes too; on SQLite, whether any page of the files has.
func (v *vault) holds(text string) (found bool) {
	v.t.Helper()
	must(v.t, v.DB.View(v.t.Context(), func(tx *store.Tx) error {
		for _, table := range v.DB.Schema.Tables() {
			rows, err := tx.Find(table.Name, store.Everything())
			if err != nil {
				return err
			}
			for _, r := range rows {
				for i, f := range table.Fields {
					found = found || f.Stored() && strings.Contains(r.At(i).Text(), text)
				}
			}
		}
		return nil
	}))
	files, err := filepath.Glob(filepath.Join(v.dir, "dewpoint.db*"))
	must(v.t, err)
	for _, path := range files {
		raw, err := os.ReadFile(path)
		must(v.t, err)
		found = found || bytes.Contains(raw, []byte(text))
	}
	return found
}

// TestConsolePasswordsLieSealed makes and changes one, and reads it as the controller does.
func TestConsolePasswordsLieSealed(t *testing.T) {
	t.Parallel()
	v := newVault(t, "first-pw")
	if !v.holds("locked") {
		t.Error("this test doesn't find what is there")
	}
	if m := v.wish(v.Auth); m.Hardware.ConsolePassword != "first-pw" || m.Unreadable != nil {
		t.Errorf("made: %q, %v", m.Hardware.ConsolePassword, m.Unreadable)
	}
	must(t, v.Engine.Update(v.admin(), "vms", v.vm, schema.Input{"console_pass": engine.Text("other-pw")}))
	must(t, v.Engine.Update(v.admin(), "vms", v.vm, schema.Input{"name": engine.Text("renamed")}))
	if m := v.wish(v.Auth); m.Hardware.ConsolePassword != "other-pw" || m.Unreadable != nil {
		t.Errorf("changed: %q, %v", m.Hardware.ConsolePassword, m.Unreadable)
	}
	if v.holds("first-pw") || v.holds("other-pw") {
		t.Error("the database holds a console password")
	}
	must(t, v.Engine.Update(v.admin(), "vms", v.vm, schema.Input{"console_pass": engine.Text("")}))
	if m := v.wish(v.Auth); m.Hardware.ConsolePassword != "" || m.Unreadable != nil {
		t.Errorf("taken away: %q, %v", m.Hardware.ConsolePassword, m.Unreadable)
	}
}

// TestPlainConsolePasswordsAreSealed starts with rows as older versions wrote them, one of them deleted.
func TestPlainConsolePasswordsAreSealed(t *testing.T) {
	t.Parallel()
	v := newVault(t, "")
	key, ok := v.DB.Schema.Table("vms").ReadKey(v.vm)
	if !ok {
		t.Fatal(v.vm)
	}
	plain := schema.Set{"console_pass": schema.TextValue("plain-pw")}
	must(t, v.DB.Update(t.Context(), func(tx *store.Tx) error {
		gone := schema.NewRecord(tx.Schema().Table("vms"))
		gone.Put("name", schema.TextValue("gone"))
		gone.PutAll(plain)
		if _, err := tx.Create(gone, nil); err != nil {
			return err
		}
		if err := tx.Delete("vms", gone.Key); err != nil {
			return err
		}
		return tx.Change("vms", key, plain)
	}))
	if !v.holds("plain-pw") {
		t.Error("this test doesn't find what is there")
	}
	for range 2 {
		must(t, v.Engine.Prepare(t.Context()))
		rows, err := vm.NewStoreRows(v.DB, v.Auth, v.dir, "abcd", 1).Wish(t.Context(), nil)
		must(t, err)
		for _, m := range rows {
			if !m.Deleted && (m.Hardware.ConsolePassword != "plain-pw" || m.Unreadable != nil) {
				t.Errorf("after the start: %q, %v", m.Hardware.ConsolePassword, m.Unreadable)
			}
		}
	}
	must(t, v.DB.View(t.Context(), func(tx *store.Tx) error {
		all, err := tx.Find("vms", store.Everything())
		for _, r := range all {
			if text := r.Get("console_pass").Text(); strings.Contains(text, "plain-pw") {
				t.Errorf("VM %s still has %q", r.Get("name").Text(), text)
			}
		}
		return err
	}))
}

// TestACopyOfTheDatabaseOpensNoConsole reads it with another file secret, and a text that was copied from another row.
func TestACopyOfTheDatabaseOpensNoConsole(t *testing.T) {
	t.Parallel()
	v := newVault(t, "first-pw")
	other, err := auth.New(t.Context(), v.DB, t.TempDir(), "")
	if v.DB.Shared() { // all its servers need the same
		if err == nil {
			t.Error("a server with another file secret starts")
		}
		return
	}
	must(t, err)
	m := v.wish(other)
	if !errs.Is(m.Unreadable, errs.Unavailable) || m.Hardware.ConsolePassword != "" {
		t.Fatalf("%q, %v", m.Hardware.ConsolePassword, m.Unreadable)
	}
	for _, advice := range []string{`"locked"`, "set console_pass again", "file secret"} {
		if !strings.Contains(m.Unreadable.Error(), advice) {
			t.Errorf("the error doesn't say %s: %v", advice, m.Unreadable)
		}
	}
}
