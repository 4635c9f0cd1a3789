package held_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"testing"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/held"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/internal/store/postgres/pgtest"
	"dewpoint/test/rig"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

type row = map[string]any

// bench are the services with an administrator who writes.
type bench struct {
	rig.Services
	t   *testing.T
	ctx context.Context
}

func open(t *testing.T) *bench {
	t.Helper()
	s := rig.Start(t, t.TempDir(), slog.New(slog.DiscardHandler))
	admin := perm.System("admin")
	return &bench{Services: s, t: t, ctx: perm.WithActor(t.Context(), admin)}
}

func input(columns row) schema.Input {
	in := schema.Input{}
	for name, v := range columns {
		raw, err := json.Marshal(v)
		if err != nil {
			panic(err)
		}
		in[name] = raw
	}
	return in
}

func (b *bench) do(f func(*engine.Write) error) error { return b.Engine.Do(b.ctx, f) }

func (b *bench) make(table string, columns row) (key int64) {
	b.t.Helper()
	if err := b.do(func(w *engine.Write) error {
		r, err := w.Create(table, input(columns))
		if err == nil {
			key = r.Key.Int()
		}
		return err
	}); err != nil {
		b.t.Fatal(err)
	}
	return key
}

func (b *bench) put(table string, key int64, columns row) error {
	return b.do(func(w *engine.Write) error { return w.Update(table, text(key), input(columns)) })
}

func (b *bench) delete(table string, key int64) error {
	return b.do(func(w *engine.Write) error { return w.Delete(table, text(key)) })
}

func text(key int64) string { return schema.IntValue(key).Text() }

// record reads a row whole, to tell whether it changed.
func (b *bench) record(table string, key int64) (r *schema.Record) {
	b.t.Helper()
	b.view(func(tx *store.Tx) (err error) {
		r, err = tx.Get(table, schema.IntValue(key))
		return err
	})
	return r
}

func (b *bench) view(f func(*store.Tx) error) {
	b.t.Helper()
	if err := b.DB.View(b.t.Context(), f); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) update(f func(*store.Tx) error) {
	b.t.Helper()
	if err := b.DB.Update(b.t.Context(), f); err != nil {
		b.t.Fatal(err)
	}
}

// site is a VM with a disk, a CD-ROM drive and a card, beside another VM and another network.
type site struct {
	*bench
	vm, machine, other, disk, tray, file, nic, vnet, spare int64
}

func build(t *testing.T) *site {
	t.Helper()
	s := &site{bench: open(t)}
	s.vm, s.other = s.make("vms", row{"name": "a", "ram": 256}), s.make("vms", row{"name": "b"})
	s.machine = s.record("vms", s.vm).Get("machine").Int()
	s.file = s.make("files", row{"name": "x.iso", "allocated_bytes": "2048"})
	s.vnet, s.spare = s.make("vnets", row{"name": "n"}), s.make("vnets", row{"name": "m"})
	s.disk = s.make("machine_drives", row{"machine": s.machine, "disksize": 1 << 20})
	s.tray = s.make("machine_drives", row{"machine": s.machine, "media": "cdrom", "media_source": s.file})
	s.nic = s.make("machine_nics", row{"machine": s.machine, "vnet": s.vnet})
	return s
}

// start has the VM run as the VM controller reports it.
func (s *site) start() {
	s.t.Helper()
	s.update(func(tx *store.Tx) error {
		if err := store.Write(tx, s.machine, compute.MachineStatusSet{}.Running(true).Powerstate(true).Status("running")); err != nil {
			return err
		}
		with := &held.Rows{}
		var err error
		if with.VM, err = store.GetRow[compute.VM](tx, s.vm); err != nil {
			return err
		}
		if with.Drives, err = store.FindRows[compute.MachineDrive](tx, store.Is(compute.MachineDriveCol.Machine, s.machine)); err != nil {
			return err
		}
		if with.NICs, err = store.FindRows[compute.MachineNIC](tx, store.Is(compute.MachineNICCol.Machine, s.machine)); err != nil {
			return err
		}
		return held.Report(tx, s.machine, true, held.Guest{
			Drives: map[int64]int64{s.disk: 0, s.tray: s.file}, NICs: map[int64]int64{s.nic: s.vnet}, With: with,
		})
	})
}

func (s *site) stop() {
	s.t.Helper()
	s.update(func(tx *store.Tx) error {
		if err := store.Write(tx, s.machine, compute.MachineStatusSet{}.Running(false).Powerstate(false).Status("stopped")); err != nil {
			return err
		}
		return held.Report(tx, s.machine, false, held.Guest{})
	})
}

func (s *site) reason() string {
	s.t.Helper()
	r := s.record("vms", s.vm)
	if (r.Get("restart_reason").Text() != "") != r.Get("need_restart").Bool() {
		s.t.Errorf("need_restart is %v with the reason %q", r.Get("need_restart").Bool(), r.Get("restart_reason").Text())
	}
	return r.Get("restart_reason").Text()
}

// unsafe are the changes that take something from under a guest.
func (s *site) unsafe() map[string]func() error {
	other := s.record("vms", s.other).Get("machine").Int()
	return map[string]func() error{
		"moving its disk":        func() error { return s.put("machine_drives", s.disk, row{"machine": other}) },
		"deleting its disk":      func() error { return s.delete("machine_drives", s.disk) },
		"deleting its CD-ROM":    func() error { return s.delete("machine_drives", s.tray) },
		"deleting its card":      func() error { return s.delete("machine_nics", s.nic) },
		"deleting its network":   func() error { return s.delete("vnets", s.vnet) },
		"disabling its network":  func() error { return s.put("vnets", s.vnet, row{"enabled": false}) },
		"deleting what it reads": func() error { return s.delete("files", s.file) },
	}
}

// TestInUse: nothing is taken from under a guest, nor from under one that may be about to start; a VM that is off keeps nothing.
func TestInUse(t *testing.T) {
	t.Parallel()
	s := build(t)
	for state, enter := range map[string]func(){
		"running": s.start,
		"asked to start": func() {
			s.stop()
			s.update(func(tx *store.Tx) error {
				return store.Write(tx, s.machine, compute.MachineStatusSet{}.Powerstate(true))
			})
		},
		"started by an older version": func() {
			s.stop()
			s.update(func(tx *store.Tx) error {
				return store.Write(tx, s.machine, compute.MachineStatusSet{}.Running(true).Powerstate(true))
			})
		},
	} {
		enter()
		for what, try := range s.unsafe() {
			before := map[string]*schema.Record{"machine_drives": s.record("machine_drives", s.disk), "vnets": s.record("vnets", s.vnet)}
			if err := try(); !errs.Is(err, errs.Conflict) {
				t.Errorf("%s, %s: %v, want a conflict", state, what, err)
			}
			for table, was := range before {
				if now := s.record(table, was.Key.Int()); len(now.Changes(schema.Set{"machine": was.Get("machine")})) > 0 && table == "machine_drives" || now.Deleted {
					t.Errorf("%s, %s: the row of %s has changed", state, what, table)
				}
			}
		}
	}
	s.stop()
	for _, what := range []string{"moving its disk", "deleting its CD-ROM", "deleting its card", "disabling its network", "deleting what it reads"} {
		if err := s.unsafe()[what](); err != nil {
			t.Errorf("off, %s: %v", what, err)
		}
	}
}

// TestFactsOutliveRows: what the rows don't name any more is still in use by the guest that has it.
func TestFactsOutliveRows(t *testing.T) {
	t.Parallel()
	s := build(t)
	s.start()
	for table, change := range map[string]row{"machine_nics": {"vnet": s.spare}, "machine_drives": {"media_source": nil}} {
		if err := s.put(table, map[string]int64{"machine_nics": s.nic, "machine_drives": s.tray}[table], change); err != nil {
			t.Fatal(err)
		}
	}
	for _, what := range []string{"deleting its network", "disabling its network", "deleting what it reads"} {
		if err := s.unsafe()[what](); !errs.Is(err, errs.Conflict) {
			t.Errorf("%s: %v, want a conflict", what, err)
		}
	}
	s.stop()
	for _, what := range []string{"deleting its network", "deleting what it reads"} {
		if err := s.unsafe()[what](); err != nil {
			t.Errorf("off, %s: %v", what, err)
		}
	}
}

// TestWaiting: what a running guest doesn't have yet is told in its VM's row, as long as it is so.
func TestWaiting(t *testing.T) {
	t.Parallel()
	s := build(t)
	s.start()
	if got := s.reason(); got != "" {
		t.Errorf("a VM that just started waits for %s", got)
	}
	for _, c := range []struct {
		table   string
		key     int64
		columns row
		want    string
	}{
		{"vms", s.vm, row{"description": "takes effect at once"}, ""},
		{"vms", s.vm, row{"ram": 512}, "ram"},
		{"vms", s.vm, row{"ram": 256, "cpu_cores": 2}, "cpu_cores"},
		{"vms", s.vm, row{"cpu_cores": 1}, ""},
		{"vms", s.vm, row{"console_pass_enabled": true, "console_pass": "secret"}, "console_pass, console_pass_enabled"},
		{"vms", s.vm, row{"console_pass_enabled": false, "console_pass": ""}, ""},
		{"machine_nics", s.nic, row{"vnet": s.spare}, "machine_nics/3#vnet"},
		{"machine_nics", s.nic, row{"vnet": s.vnet, "enabled": false}, "machine_nics/3#enabled"},
		{"machine_nics", s.nic, row{"enabled": true, "macaddress": "52:54:00:00:00:01"}, "machine_nics/3#macaddress"},
		{"machine_drives", s.disk, row{"interface": "virtio", "readonly": true}, "machine_drives/1#interface, machine_drives/1#readonly, machine_nics/3#macaddress"},
	} {
		if err := s.put(c.table, c.key, c.columns); err != nil {
			t.Fatal(err)
		}
		if got := s.reason(); got != c.want {
			t.Errorf("after %s %v the VM waits for %q, want %q", c.table, c.columns, got, c.want)
		}
	}
	s.stop()
	if got := s.reason(); got != "" {
		t.Errorf("a VM that is off waits for %s", got)
	}
	s.start()
	disk, card := s.make("machine_drives", row{"machine": s.machine, "disksize": 1 << 20}), s.make("machine_nics", row{"machine": s.machine, "vnet": s.spare})
	if got, want := s.reason(), "machine_drives/3, machine_nics/4"; got != want {
		t.Errorf("with new parts the VM waits for %q, want %q", got, want)
	}
	for table, key := range map[string]int64{"machine_drives": disk, "machine_nics": card} {
		if err := s.delete(table, key); err != nil {
			t.Errorf("a part that no guest has can't be deleted: %v", err)
		}
	}
	if got := s.reason(); got != "" {
		t.Errorf("once the new parts are gone the VM waits for %q", got)
	}
}

// TestSeenAgain: what a domain has lost since its start is lacking, and a look that is older than what is known counts for nothing.
func TestSeenAgain(t *testing.T) {
	t.Parallel()
	s := build(t)
	s.start()
	look := func(since string) (err error) {
		s.t.Helper()
		s.update(func(tx *store.Tx) error {
			err = held.Report(tx, s.machine, true, held.Guest{Drives: map[int64]int64{}, Media: []int64{s.file}, NICs: map[int64]int64{s.nic: s.vnet}, Since: &since})
			return nil
		})
		return err
	}
	with := s.record("machine_status", s.machine).Get("started_with").Text()
	if err := look("{}"); !errors.Is(err, held.ErrStale) {
		t.Errorf("an old look: %v", err)
	}
	if got := s.record("machine_drive_status", s.disk).Get("status").Text(); got != "online" || s.reason() != "" {
		t.Errorf("after an old look the disk is %s, and the VM waits for %q", got, s.reason())
	}
	if err := look(with); err != nil {
		t.Fatal(err)
	}
	if got, want := s.reason(), held.PathOf("machine_drives", s.disk); got != want {
		t.Errorf("without its disk the VM waits for %q, want %q", got, want)
	}
	if got := s.record("machine_drive_status", s.disk).Get("status").Text(); got != "offline" {
		t.Errorf("the disk is %s", got)
	}
	s.update(func(tx *store.Tx) error {
		d, err := store.GetRow[compute.MachineDrive](tx, s.disk)
		if err != nil {
			return err
		}
		return held.Plug(tx, s.machine, held.Rows{Drives: []compute.MachineDrive{d}})
	})
	if got := s.record("machine_drive_status", s.disk).Get("status").Text(); got != "online" || s.reason() != "" {
		t.Errorf("plugged in, the disk is %s, and the VM waits for %q", got, s.reason())
	}
}
