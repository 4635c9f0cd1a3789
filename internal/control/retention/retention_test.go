package retention_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"dewpoint/internal/control/retention"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/model/system"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/internal/store/postgres/pgtest"
	"dewpoint/test/rig"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

var background = context.Background()

// lines are how many lines logs and machine_logs have, and the number of the first of logs.
type lines struct{ logs, machines, first int64 }

// TestLogsAreBounded: by their number, and by their age where enough younger ones are left; 0 keeps all.
func TestLogsAreBounded(t *testing.T) {
	rig.OnEach(t, func(t *testing.T, db *store.DB) {
		update := func(f func(tx *store.Tx) error) {
			t.Helper()
			if err := db.Update(background, f); err != nil {
				t.Fatal(err)
			}
		}
		var machine int64
		update(func(tx *store.Tx) error {
			key, err := store.Create(tx, compute.VMSet{}.Name("a"))
			if err != nil {
				return err
			}
			v, err := store.GetRow[compute.VM](tx, key)
			machine = v.Machine
			return err
		})
		write := func(n int, age time.Duration) {
			t.Helper()
			update(func(tx *store.Tx) error {
				at := tx.Now().Add(-age).UnixMicro()
				for i := range n {
					text := fmt.Sprint("line ", i)
					if _, err := store.Insert(tx, system.LogSet{}.Text(text).Timestamp(at)); err != nil {
						return err
					}
					if _, err := store.Insert(tx, system.MachineLogSet{}.Machine(machine).Text(text).Timestamp(at)); err != nil {
						return err
					}
				}
				return nil
			})
		}
		set := func(key, value string) {
			t.Helper()
			update(func(tx *store.Tx) error {
				if err := tx.Purge("settings", schema.TextValue(key)); err != nil {
					return err
				}
				return store.CreateAs(tx, key, system.SettingSet{}.Value(value))
			})
		}
		pass := func() (have lines) {
			t.Helper()
			if err := retention.New(db, slog.New(slog.DiscardHandler)).Reconcile(background); err != nil {
				t.Fatal(err)
			}
			err := db.View(background, func(tx *store.Tx) (err error) {
				if have.first, _, err = tx.Bounds("logs"); err != nil {
					return err
				}
				if have.logs, err = tx.Count("logs"); err != nil {
					return err
				}
				have.machines, err = tx.Count("machine_logs")
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return have
		}
		year := 400 * 24 * time.Hour
		write(100, year)
		write(9_950, time.Hour)
		// Of what is too old, as much stays as makes 10,000 lines.
		if got, want := pass(), (lines{10_000, 10_000, 51}); got != want {
			t.Errorf("by their age: %+v, want %+v", got, want)
		}
		for _, value := range []string{"0", "1000000"} {
			set(system.LogLinesSetting, value)
			if got, want := pass(), (lines{10_000, 10_000, 51}); got != want {
				t.Errorf("%s lines: %+v, want %+v", value, got, want)
			}
		}
		set(system.LogLinesSetting, "70")
		if got, want := pass(), (lines{70, 70, 9_981}); got != want {
			t.Errorf("by their number: %+v, want %+v", got, want)
		}
		set(system.LogLinesSetting, "seven")
		if got, want := pass(), (lines{70, 70, 9_981}); got != want {
			t.Errorf("by a slip: %+v, want %+v", got, want)
		}
	})
}
