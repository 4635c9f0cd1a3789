package alarm_test

import (
	"log/slog"
	"testing"

	"dewpoint/internal/control/alarm"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/model/system"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/internal/store/postgres/pgtest"
	"dewpoint/test/rig"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// TestOneAlarmForAStartThatFails: each new try keeps the alarm, with its snooze, until the VM runs or is off.
func TestOneAlarmForAStartThatFails(t *testing.T) {
	t.Parallel()
	db := rig.Database(t, t.TempDir())
	c := alarm.New(db, slog.New(slog.DiscardHandler))
	update := func(f func(*store.Tx) error) {
		t.Helper()
		if err := db.Update(t.Context(), f); err != nil {
			t.Fatal(err)
		}
	}
	var machine int64
	update(func(tx *store.Tx) error {
		r := schema.NewRecord(tx.Schema().Table("vms"))
		r.Put("name", schema.TextValue("a"))
		_, err := tx.Create(r, nil)
		machine = r.Get("machine").Int()
		return err
	})
	pass := func(status compute.MachineStatusSet) (alarms []system.Alarm, past int64) {
		t.Helper()
		update(func(tx *store.Tx) error { return store.Write(tx, machine, status) })
		if err := c.Reconcile(t.Context()); err != nil {
			t.Fatal(err)
		}
		update(func(tx *store.Tx) (err error) {
			if alarms, err = store.FindRows[system.Alarm](tx); err != nil {
				return err
			}
			past, err = tx.Count("alarm_history")
			return err
		})
		return alarms, past
	}
	failed := compute.MachineStatusSet{}.Status("error").State("error").StatusInfo("no bridge").Powerstate(true)
	trying := compute.MachineStatusSet{}.Status("starting").State("error").StatusInfo("no bridge")
	alarms, _ := pass(failed)
	if len(alarms) != 1 {
		t.Fatalf("a VM that can't start has the alarms %+v", alarms)
	}
	key := alarms[0].Key
	update(func(tx *store.Tx) error { return store.Write(tx, key, system.AlarmSet{}.Snooze(99)) })
	for range 3 {
		for _, status := range []compute.MachineStatusSet{trying, failed} {
			alarms, past := pass(status)
			if len(alarms) != 1 || alarms[0].Key != key || alarms[0].Snooze != 99 || past != 0 {
				t.Fatalf("after another try there are the alarms %+v, and %d past ones", alarms, past)
			}
		}
	}
	if alarms, past := pass(compute.MachineStatusSet{}.Running(true).Status("running").State("online").StatusInfo("")); len(alarms) != 0 || past != 1 {
		t.Errorf("once it runs there are the alarms %+v, and %d past ones", alarms, past)
	}
}
