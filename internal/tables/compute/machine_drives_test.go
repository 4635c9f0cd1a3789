package compute_test

import (
	"log/slog"
	"strconv"
	"testing"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/cluster"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/internal/store/postgres/pgtest"
	"dewpoint/test/rig"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// TestDisksHaveWholeSectors: the size of a row is what the disk has, at a create and at a change.
func TestDisksHaveWholeSectors(t *testing.T) {
	t.Parallel()
	s := rig.Start(t, t.TempDir(), slog.New(slog.DiscardHandler))
	ctx := perm.WithActor(t.Context(), perm.System("admin"))
	var drive *schema.Record
	if err := s.Engine.Do(ctx, func(w *engine.Write) error {
		vm, err := w.Create("vms", schema.Input{"name": engine.Text("a")})
		if err != nil {
			return err
		}
		drive, err = w.Create("machine_drives", schema.Input{"machine": engine.Number(vm.Get("machine").Int()), "disksize": engine.Number(1000)})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ put, want int64 }{
		{1000, 1024}, // as it was sent at first
		{1073741825, 1073742336},
		{1073741825, 1073742336},
		{0, 1073742336},
		{1073741312, 0}, // smaller
	} {
		err := s.Engine.Do(ctx, func(w *engine.Write) error {
			return w.Update("machine_drives", drive.Key.Text(), schema.Input{"disksize": engine.Text(strconv.FormatInt(c.put, 10))})
		})
		if c.want == 0 {
			if !errs.Is(err, errs.Invalid) {
				t.Errorf("a disk shrinks to %d: %v", c.put, err)
			}
			continue
		}
		var row compute.MachineDrive
		if err := s.DB.View(t.Context(), func(tx *store.Tx) (err error) {
			row, err = store.GetRow[compute.MachineDrive](tx, drive.Key)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if err != nil || row.Disksize != c.want {
			t.Errorf("asked for %d bytes the row has %d, %v; want %d", c.put, row.Disksize, err, c.want)
		}
	}
}

// TestWhatNoHostCanStart is refused when it is written, in words of ours.
func TestWhatNoHostCanStart(t *testing.T) {
	t.Parallel()
	s := rig.Start(t, t.TempDir(), slog.New(slog.DiscardHandler))
	ctx := perm.WithActor(t.Context(), perm.System("admin"))
	write := func(key string, in schema.Input) error {
		return s.Engine.Do(ctx, func(w *engine.Write) error {
			if key != "" {
				return w.Update("vms", key, in)
			}
			_, err := w.Create("vms", in)
			return err
		})
	}
	if err := write("", schema.Input{"name": engine.Text("a"), "console": engine.Text("spice"), "console_pass": engine.Text("nine char")}); err != nil {
		t.Fatal(err)
	}
	for column, in := range map[string]schema.Input{
		"console_pass": {"name": engine.Text("b"), "console_pass": engine.Text("nine char")},
		"cpu_cores":    {"name": engine.Text("b"), "cpu_cores": engine.Number(256)},
	} {
		if err := write("", in); !errs.Is(err, errs.Invalid) || errs.As(err).Field != column {
			t.Errorf("%s: %v", column, err)
		}
	}
	if err := write("1", schema.Input{"console": engine.Text("vnc"), "console_pass": engine.Text("ninechars")}); !errs.Is(err, errs.Invalid) {
		t.Errorf("a console by VNC gets a password that is too long: %v", err)
	}
}

// TestAdvancedIsForAdministrators: others may send back what is there, and nothing else.
func TestAdvancedIsForAdministrators(t *testing.T) {
	t.Parallel()
	s := rig.Start(t, t.TempDir(), slog.New(slog.DiscardHandler))
	boss := perm.WithActor(t.Context(), perm.System("admin"))
	var user int64
	var key string
	if err := s.Engine.Do(boss, func(w *engine.Write) error {
		made, err := w.Create("users", schema.Input{"name": engine.Text("tuner"), "password": engine.Text("a long enough password")})
		if err != nil {
			return err
		}
		user = made.Key.Int()
		vm, err := w.Create("vms", schema.Input{"name": engine.Text("a"), "advanced": engine.Text("rng=none")})
		if err != nil {
			return err
		}
		key = vm.Key.Text()
		_, err = w.Create("permissions", schema.Input{
			"identity": engine.Number(user), "table": engine.Text("vms"), "list": engine.Flag(true), "read": engine.Flag(true), "create": engine.Flag(true), "modify": engine.Flag(true),
		})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	ctx := perm.WithActor(t.Context(), perm.Actor{User: user, Name: "tuner"})
	for _, c := range []struct {
		value string
		may   bool
	}{{"rng=none", true}, {"rng=virtio", false}, {"", true}, {"rng=none", false}} {
		err := s.Engine.Do(ctx, func(w *engine.Write) error {
			return w.Update("vms", key, schema.Input{"advanced": engine.Text(c.value)})
		})
		if c.may && err != nil || !c.may && !errs.Is(err, errs.Denied) {
			t.Errorf("%q: %v", c.value, err)
		}
	}
	err := s.Engine.Do(ctx, func(w *engine.Write) error {
		_, err := w.Create("vms", schema.Input{"name": engine.Text("b"), "advanced": engine.Text("rng=none")})
		return err
	})
	if !errs.Is(err, errs.Denied) || errs.As(err).Field != "advanced" {
		t.Errorf("a VM with options: %v", err)
	}
}

// TestWhatTheHostsHave: a CPU model or a card that no node's QEMU has is refused when it is written, once the nodes have told what they have.
func TestWhatTheHostsHave(t *testing.T) {
	t.Parallel()
	s := rig.Start(t, t.TempDir(), slog.New(slog.DiscardHandler))
	ctx := perm.WithActor(t.Context(), perm.System("admin"))
	try := func(table string, in schema.Input) error {
		return s.Engine.Do(ctx, func(w *engine.Write) error { _, err := w.Create(table, in); return err })
	}
	vm := func(name, cpu string) schema.Input {
		return schema.Input{"name": engine.Text(name), "cpu_type": engine.Text(cpu)}
	}
	card := func(model string) schema.Input {
		return schema.Input{"machine": engine.Number(1), "interface": engine.Text(model)}
	}
	for name, err := range map[string]error{"a VM": try("vms", vm("a", "SapphireRapids")), "a card": try("machine_nics", card("igb"))} {
		if err != nil {
			t.Errorf("%s is refused before anybody knows: %v", name, err)
		}
	}
	if err := s.DB.Update(t.Context(), func(tx *store.Tx) error {
		_, err := store.Create(tx, cluster.NodeSet{}.QemuVersion("7.2.22").CPUModels(`["Nehalem","EPYC"]`))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	for i, c := range []struct {
		table string
		in    schema.Input
		kind  errs.Kind
		field string
	}{
		{"vms", vm("b", "SapphireRapids"), errs.Invalid, "cpu_type"},
		{"machine_nics", card("igb"), errs.Invalid, "interface"},
		{"machine_nics", card("direct"), errs.NotBuilt, "interface"},
		{"vms", schema.Input{"name": engine.Text("c"), "advanced": engine.Text("rng=none\nargs=-s")}, errs.Invalid, "advanced"},
		{"machine_drives", schema.Input{"machine": engine.Number(1), "media": engine.Text("cdrom"), "advanced": engine.Text("cache=maybe")}, errs.Invalid, "advanced"},
		{"machine_drives", schema.Input{"machine": engine.Number(1), "media": engine.Text("cdrom"), "interface": engine.Text("pflash")}, errs.NotBuilt, "interface"},
		{"machine_drives", schema.Input{"machine": engine.Number(1), "media": engine.Text("efidisk")}, errs.NotBuilt, "media"},
		{"machine_drives", schema.Input{"machine": engine.Number(1), "media": engine.Text("cdrom"), "preserve_drive_format": engine.Flag(true)}, errs.NotBuilt, "preserve_drive_format"},
		{"machine_nics", schema.Input{"machine": engine.Number(1), "vendor": engine.Text("8086")}, errs.NotBuilt, "vendor"},
		{"vms", schema.Input{"name": engine.Text("c"), "sound": engine.Text("pcspk")}, errs.NotBuilt, "sound"},
	} {
		if err := try(c.table, c.in); !errs.Is(err, c.kind) || errs.As(err).Field != c.field {
			t.Errorf("%d: %v, want %v on %s", i, err, c.kind, c.field)
		}
	}
	for _, cpu := range []string{"Nehalem", "host", ""} {
		if err := try("vms", vm("with "+cpu, cpu)); err != nil {
			t.Errorf("%q: %v", cpu, err)
		}
	}
	if err := try("machine_nics", card("e1000e")); err != nil {
		t.Error(err)
	}
}
