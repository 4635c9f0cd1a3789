package rig

import (
	"context"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"dewpoint/internal/console"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/store"
)

// Screens is a console.Host with real sockets, behind which nothing of QEMU is: what a client writes comes back.
type Screens struct {
	t testing.TB
	l net.Listener
	// serving begins with the first client: what a test sets before that is set for every connection.
	serving sync.Once
	// Greeting is what each connection begins with.
	Greeting string
	// Logged is what guests wrote before.
	Logged string
	// Dialed counts the connections that were made, and Open those that there are.
	Dialed, Open atomic.Int64
}

// NewScreens makes one until the test ends.
func NewScreens(t testing.TB) *Screens {
	t.Helper()
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	must(t, err)
	t.Cleanup(func() { l.Close() })
	return &Screens{t: t, l: l, Greeting: "RFB 003.008\n"}
}

func (s *Screens) accept() {
	for {
		c, err := s.l.Accept()
		if err != nil {
			return
		}
		go s.serve(c)
	}
}

func (s *Screens) serve(c net.Conn) {
	s.Dialed.Add(1)
	s.Open.Add(1)
	defer s.Open.Add(-1)
	defer c.Close()
	if _, err := io.WriteString(c, s.Greeting); err != nil {
		return
	}
	io.Copy(c, c) // until the client goes
}

// Dial implements console.Host.
func (s *Screens) Dial(ctx context.Context, _ string, _ console.Kind) (net.Conn, error) {
	s.serving.Do(func() { go s.accept() })
	var d net.Dialer
	return d.DialContext(ctx, "unix", s.l.Addr().String())
}

// Log implements console.Host.
func (s *Screens) Log(_ string, most int64) (io.ReadCloser, error) {
	if s.Logged == "" {
		return nil, errs.New(errs.NotFound, "no_log", "there is no log")
	}
	return io.NopCloser(strings.NewReader(s.Logged[max(int64(len(s.Logged))-most, 0):])), nil
}

// Screenshot implements console.Host.
func (s *Screens) Screenshot(context.Context, int64) ([]byte, error) { return []byte("\x89PNG"), nil }

// Runs has the rows say that a machine runs here, with a console of that type.
func Runs(t testing.TB, db *store.DB, machine int64, kind console.Kind) {
	t.Helper()
	must(t, db.Update(context.Background(), func(tx *store.Tx) error {
		if err := store.Write(tx, machine, compute.MachineStatusSet{}.Running(true).Status("running")); err != nil {
			return err
		}
		return store.Write(tx, machine, compute.MachineConsoleSet{}.Active(true).Type(string(kind)).Host("here").Port(1))
	}))
}
