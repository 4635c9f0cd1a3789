package event_test

import (
	"context"
	"testing"

	"dewpoint/internal/event"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/test/rig"
)

func TestVersionsAndPulses(t *testing.T) {
	t.Parallel()
	db := rig.Database(t, t.TempDir())
	bus := event.New(db)
	touch := func(table string) {
		t.Helper()
		err := db.Update(context.Background(), func(tx *store.Tx) error {
			tx.Touch(table, schema.IntValue(1))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	both := []string{"vms", "vnets"}
	pulse, stop := bus.Pulse(both)
	before := bus.Version(both)
	touch("files")
	if bus.Version(both) != before || len(pulse) != 0 {
		t.Error("a change in another table counts")
	}
	touch("vms")
	middle := bus.Version(both)
	touch("vnets")
	if after := bus.Version(both); middle == before || after == middle || after == before || len(pulse) != 1 {
		t.Errorf("versions %d, %d, %d; %d tokens, want one for all", before, middle, after, len(pulse))
	}
	<-pulse
	stop()
	touch("vms")
	if len(pulse) != 0 {
		t.Error("a pulse that was stopped beats")
	}
	nudged := 0
	asleep := bus.OnWake("vnet", func() { nudged++ })
	touch("vnets")
	asleep()
	touch("vnets")
	if nudged != 1 {
		t.Errorf("an area was nudged %d times, want once: before it was taken off", nudged)
	}
	if event.New(db).Boot() == bus.Boot() {
		t.Error("two runs have the same name")
	}
	bus.Close()
	bus.Close()
	<-bus.Done()
}
