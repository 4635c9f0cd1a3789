package perm_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dewpoint/internal/errs"
	"dewpoint/internal/model"
	"dewpoint/internal/perm"
	"dewpoint/internal/query"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

var update = flag.Bool("update", false, "redraw the golden files")

var rights = []perm.Right{perm.List, perm.Read, perm.Create, perm.Modify, perm.Delete}

// row makes a record with key 7 that belongs to the given user where its table has a user column.
func row(table string, user int64) *schema.Record {
	r := schema.NewRecord(model.Schema().Table(table))
	r.Key = schema.IntValue(7)
	if table == "users" {
		r.Key = schema.IntValue(user)
	}
	if f := r.Table.Field("user"); f != nil && f.IsRow() {
		r.Put("user", schema.IntValue(user))
	}
	return r
}

// TestMatrix draws who may do what with rows of which table: role × table × right.
func TestMatrix(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	roles := []struct {
		name  string
		actor perm.Actor
	}{{"admin", perm.Actor{User: 1, Admin: true}}, {"owner", perm.Actor{User: 2}}, {"other", perm.Actor{User: 3}}, {"nobody", perm.Actor{}}}
	for _, table := range model.Schema().Tables() {
		for _, role := range roles {
			var cells []string
			for _, right := range rights {
				cells = append(cells, fmt.Sprintf("%s=%s", right, verdict(perm.Check(role.actor, right, row(table.Name, 2)))))
			}
			fmt.Fprintf(&out, "%-22s %-7s %s\n", table.Name, role.name, strings.Join(cells, " "))
		}
	}
	path := filepath.Join("testdata", "matrix.txt")
	if *update {
		if err := os.WriteFile(path, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), out.String()); d != "" {
		t.Errorf("the permission matrix changed (-want +got):\n%s", d)
	}
}

func verdict(err error) string {
	if err == nil {
		return "yes"
	}
	return errs.KindOf(err).String()
}

func TestGuardAgreesWithCheck(t *testing.T) {
	t.Parallel()
	for _, actor := range []perm.Actor{{}, {User: 2}, {User: 1, Admin: true}, perm.System("recover")} {
		for _, right := range []perm.Right{perm.List, perm.Read, perm.Modify, perm.Delete} {
			guard := perm.Guard(actor, right)
			for _, table := range model.Schema().Tables() {
				mine := row(table.Name, 2)
				e := guard(table)
				if got, want := !e.IsFalse(), perm.Check(actor, right, mine) == nil; got != want {
					t.Errorf("%+v, %s on %s: guard lets rows through: %v, check allows an own row: %v", actor, right, table.Name, got, want)
				}
				open := table.Open && actor.User != 0 && right <= perm.Read
				if e.IsTrue() != (actor.Admin || open) {
					t.Errorf("%+v, %s on %s: the guard is open: %v", actor, right, table.Name, e.IsTrue())
				}
			}
		}
	}
}

func TestGuardNamesTheOwner(t *testing.T) {
	t.Parallel()
	guard := perm.Guard(perm.Actor{User: 2}, perm.Read)
	s := model.Schema()
	for table, field := range map[string]string{"users": "$key", "user_api_keys": "user"} {
		want := query.Eq(field, schema.IntValue(2))
		if d := cmp.Diff(fmt.Sprintf("%+v", want), fmt.Sprintf("%+v", guard(s.Table(table)))); d != "" {
			t.Errorf("guard of %s: %s", table, d)
		}
	}
}

func TestHiddenLooksMissing(t *testing.T) {
	t.Parallel()
	r := row("vms", 0)
	if d := cmp.Diff(store.NotFound(r.Table, "7").Error(), perm.Check(perm.Actor{User: 2}, perm.Read, r).Error()); d != "" {
		t.Errorf("a hidden row can be told from a missing one: %s", d)
	}
}

func TestModifyOwnAccount(t *testing.T) {
	t.Parallel()
	own := perm.Actor{User: 2}
	if err := perm.CheckModify(own, row("users", 2), []string{"displayname", "email", "password"}); err != nil {
		t.Errorf("own account: %v", err)
	}
	for _, c := range []string{"enabled", "admin", "name", "token_epoch"} {
		err := perm.CheckModify(own, row("users", 2), []string{"email", c})
		if e := errs.As(err); e == nil || e.Kind != errs.Denied || e.Field != c {
			t.Errorf("changing %s of one's own account: %v, want it denied on %s", c, err, c)
		}
	}
	if err := perm.CheckModify(own, row("users", 3), []string{"email"}); !errs.Is(err, errs.NotFound) {
		t.Errorf("another's account: %v", err)
	}
	if err := perm.CheckModify(perm.Actor{User: 1, Admin: true}, row("users", 3), []string{"admin"}); err != nil {
		t.Errorf("as admin: %v", err)
	}
}

func TestCreate(t *testing.T) {
	t.Parallel()
	s := model.Schema()
	own := perm.Actor{User: 2}
	if err := perm.CheckCreate(own, s.Table("user_api_keys")); err != nil {
		t.Errorf("own key: %v", err)
	}
	if err := perm.Check(own, perm.Create, row("user_api_keys", 3)); !errs.Is(err, errs.Denied) {
		t.Errorf("a key for another: %v", err)
	}
	for _, table := range []string{"users", "vms"} {
		err := perm.CheckCreate(own, s.Table(table))
		if want := fmt.Sprintf("you need the right \"create\" on %s", table); !errs.Is(err, errs.Denied) || err.Error() != want {
			t.Errorf("%s: %v, want %s", table, err, want)
		}
	}
	if err := perm.CheckCreate(perm.Actor{}, s.Table("user_api_keys")); !errs.Is(err, errs.Denied) {
		t.Errorf("nobody: %v", err)
	}
}

func TestActorTravelsInContext(t *testing.T) {
	t.Parallel()
	a := perm.Actor{User: 2, Name: "ann", Address: "192.0.2.1", Request: "r1"}
	if d := cmp.Diff(a, perm.ActorOf(perm.WithActor(context.Background(), a))); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(perm.Actor{}, perm.ActorOf(context.Background())); d != "" {
		t.Error(d)
	}
}
