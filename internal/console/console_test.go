package console_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"dewpoint/internal/console"
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/internal/store/postgres/pgtest"
	"dewpoint/test/rig"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// bench is the consoles of a VM that runs as far as rows say.
type bench struct {
	rig.Services
	*console.Service
	t       *testing.T
	host    *rig.Screens
	machine int64
}

func open(t *testing.T, kind console.Kind) *bench {
	t.Helper()
	b := &bench{Services: rig.Start(t, t.TempDir(), slog.New(slog.DiscardHandler)), t: t, host: rig.NewScreens(t)}
	b.Service = console.New(console.Config{DB: b.Services.DB, Host: b.host, Log: slog.New(slog.DiscardHandler)})
	t.Cleanup(b.Service.Close)
	ctx := perm.WithActor(t.Context(), perm.System("admin"))
	err := b.Engine.Do(ctx, func(w *engine.Write) error {
		r, err := w.Create("vms", schema.Input{"name": json.RawMessage(`"seen"`)})
		if err == nil {
			b.machine = compute.VMCol.Machine.Of(r).Int()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	rig.Runs(t, b.Services.DB, b.machine, kind)
	return b
}

func (b *bench) look(kind console.Kind, v console.Viewer) *console.Session {
	b.t.Helper()
	if v.Most == 0 {
		v.Most, v.MostOfMachine = 100, 100
	}
	s, err := b.Open(b.t.Context(), b.machine, kind, v)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { s.Close() })
	return s
}

// reads reads until the text has come.
func reads(t *testing.T, s io.Reader, text string) {
	t.Helper()
	var got []byte
	buffer := make([]byte, 1000)
	for !strings.Contains(string(got), text) {
		n, err := s.Read(buffer)
		if got = append(got, buffer[:n]...); err != nil {
			t.Fatalf("%v after %q, want %q", err, got, text)
		}
	}
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	if e := errs.As(err); e == nil || e.Code != code {
		t.Errorf("%v, want the code %s", err, code)
	}
}

func TestOpens(t *testing.T) {
	t.Parallel()
	b := open(t, console.VNC)
	one, two := b.look(console.Any, console.Viewer{}), b.look(console.VNC, console.Viewer{})
	for _, s := range []*console.Session{one, two} {
		reads(t, s, "RFB 003.008\n")
		if s.Kind != console.VNC || s.Sent() != 12 {
			t.Errorf("a session of %q that has sent %d bytes", s.Kind, s.Sent())
		}
	}
	if n := b.host.Dialed.Load(); n != 2 {
		t.Errorf("two viewers of a screen made %d connections", n)
	}
	_, err := b.Open(t.Context(), b.machine, console.SPICE, console.Viewer{Most: 9, MostOfMachine: 9})
	wantCode(t, err, "no_console_available")
	_, err = b.Open(t.Context(), b.machine, console.VNC, console.Viewer{Most: 9, MostOfMachine: 2})
	wantCode(t, err, "max_connections_reached")
	_, err = b.Open(t.Context(), b.machine, console.VNC, console.Viewer{Most: 2, MostOfMachine: 9})
	wantCode(t, err, "max_connections_reached")
	one.Close()
	b.look(console.VNC, console.Viewer{Most: 2, MostOfMachine: 2})
	if _, err = b.Open(t.Context(), 999, console.Any, console.Viewer{Most: 9, MostOfMachine: 9}); !errs.Is(err, errs.NotFound) {
		t.Errorf("the console of no machine: %v", err)
	}
	b.Close()
	if _, err := two.Read(make([]byte, 1)); err == nil || !two.Ended() {
		t.Errorf("a session goes on after the end of the service: %v", err)
	}
}

// TestSerialLine has several viewers at one connection.
func TestSerialLine(t *testing.T) {
	t.Parallel()
	b := open(t, console.VNC)
	b.host.Greeting, b.host.Logged = "", "long ago\n"
	one, two := b.look(console.Serial, console.Viewer{}), b.look(console.Serial, console.Viewer{ReadOnly: true})
	reads(t, one, "long ago\n")
	reads(t, two, "long ago\n")
	io.WriteString(two, "nobody reads this")
	io.WriteString(one, "hello\n")
	reads(t, one, "hello\n")
	reads(t, two, "hello\n")
	three := b.look(console.Serial, console.Viewer{})
	reads(t, three, "long ago\nhello\n")
	if n := b.host.Dialed.Load(); n != 1 {
		t.Errorf("three viewers made %d connections", n)
	}
	for _, s := range []*console.Session{one, two, three} {
		s.Close()
	}
	for b.host.Open.Load() > 0 {
		time.Sleep(time.Millisecond)
	}
	reads(t, b.look(console.Serial, console.Viewer{}), "long ago\n")
}

// TestSlowViewer: who doesn't read is cut off, and holds up nobody.
func TestSlowViewer(t *testing.T) {
	t.Parallel()
	b := open(t, console.Serial)
	slow, quick := b.look(console.Serial, console.Viewer{}), b.look(console.Serial, console.Viewer{})
	piece := strings.Repeat("x", 32<<10) + "\n"
	for range 20 {
		io.WriteString(quick, piece)
		reads(t, quick, "x\n")
	}
	for {
		_, err := slow.Read(make([]byte, 64<<10))
		if err != nil {
			wantCode(t, err, "too_slow")
			return
		}
	}
}

func TestRowsOfViewers(t *testing.T) {
	t.Parallel()
	b := open(t, console.VNC)
	db := b.Services.DB
	if err := db.Update(t.Context(), func(tx *store.Tx) error {
		_, err := store.Create(tx, compute.MachineConsoleActiveSet{}.Console(b.machine).Type("vnc").Node(0)) // of a run before
		return err
	}); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- b.Run(ctx) }()
	s := b.look(console.VNC, console.Viewer{Address: "10.0.0.1"})
	waitRows(t, db, func(rows []compute.MachineConsoleActive) bool {
		return len(rows) == 1 && rows[0].Address == "10.0.0.1" && rows[0].Console == b.machine && rows[0].Connected == s.Since.Unix()
	})
	if err := db.Update(t.Context(), func(tx *store.Tx) error {
		rows, err := store.FindRows[compute.MachineConsoleActive](tx)
		if err == nil {
			err = store.Write(tx, rows[0].Key, compute.MachineConsoleActiveSet{}.Ending(true))
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	waitRows(t, db, func(rows []compute.MachineConsoleActive) bool { return len(rows) == 0 })
	if !s.Ended() {
		t.Error("a session that was to end goes on")
	}
	stop()
	<-ended
}

func waitRows(t *testing.T, db *store.DB, right func([]compute.MachineConsoleActive) bool) {
	t.Helper()
	var rows []compute.MachineConsoleActive
	for range 1500 {
		if err := db.View(t.Context(), func(tx *store.Tx) (err error) {
			rows, err = store.FindRows[compute.MachineConsoleActive](tx)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if right(rows) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("the rows are %+v", rows)
}
