package engine_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"dewpoint/internal/engine"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/test/rig"
)

// statements counts what f has transactions run.
func (b *bench) statements(f func()) []string {
	var ran []string
	b.db.Trace(func(text string) { ran = append(ran, text) })
	defer b.db.Trace(func(string) {})
	f()
	return ran
}

// TestRightsTakeOneStatement holds what a change costs somebody with list, read and modify against what it costs an administrator: the
// writer asks once for their rights on the row. Where there are other servers it reads before what they hold, from users, members and permissions.
func TestRightsTakeOneStatement(t *testing.T) {
	rig.OnEach(t, func(t *testing.T, db *store.DB) {
		holdings := 3
		if !db.Shared() {
			holdings = 0
		}
		b := openOn(t, db)
		ann := b.user("ann")
		vm := b.make("vms", row{"name": "vm"})
		drive := b.make("machine_drives", row{"machine": b.machines(vm), "disksize": 1})
		b.grant("users", ann, "vms", vm, "list", "read", "modify", "delete")
		ctx := b.as(ann)
		can := func(objects ...engine.Object) func() {
			return func() { _, err := b.eng.Can(ctx, objects); b.must(err) }
		}
		n := 0
		for _, c := range []struct {
			table, column string
			key           int64
		}{{"vms", "description", vm}, {"machine_drives", "description", drive}, {"users", "displayname", ann}} {
			change := func(user int64) int {
				n++
				ctx, in := b.as(user), row{c.column: fmt.Sprint("text ", n)}.input(t)
				ran := b.statements(func() { b.must(b.eng.Update(ctx, c.table, fmt.Sprint(c.key), in)) })
				t.Logf("%s by user %d:\n%s", c.table, user, strings.Join(ran, "\n"))
				return len(ran)
			}
			admin := change(b.admin)
			can()() // what ann holds is known from now on
			if user := change(ann); user != admin+holdings+1 {
				t.Errorf("a change in %s takes ann %d statements and an administrator %d", c.table, user, admin)
			}
		}
		can()() // what ann holds is known from now on
		objects := []engine.Object{{Table: "vms", Key: fmt.Sprint(vm)}, {Table: "machine_drives", Key: fmt.Sprint(drive)}, {Table: "vms", Key: "99"}}
		if ran := b.statements(can(objects...)); len(ran) != len(objects) {
			t.Errorf("asking about %d rows takes %d statements:\n%s", len(objects), len(ran), strings.Join(ran, "\n"))
		}
		if ran := b.statements(can(engine.Object{Table: "vms"})); len(ran) != 0 {
			t.Errorf("asking about a table takes %d statements", len(ran))
		}
		gone := b.statements(func() {
			b.must(db.View(context.Background(), func(tx *store.Tx) error {
				_, err := tx.Get("vms", schema.IntValue(vm))
				return err
			}))
		})
		if len(gone) != 1 {
			t.Errorf("reading one row is traced as %d statements", len(gone))
		}
	})
}
