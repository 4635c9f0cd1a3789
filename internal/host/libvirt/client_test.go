package libvirt_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.uber.org/goleak"

	"dewpoint/internal/errs"
	"dewpoint/internal/host/libvirt"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const testDriver = "test:///default"

// client returns a client of the real libvirtd, or skips.
func client(t *testing.T, socket, uri string) *libvirt.Client {
	t.Helper()
	c := libvirt.New(socket, uri)
	t.Cleanup(c.Close)
	if _, err := c.List(t.Context(), ""); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skipf("libvirt does not answer: %v", err)
	}
	return c
}

// emptyDomain is a guest without disks: its firmware finds nothing to boot, which takes a moment only.
func emptyDomain(name string) (string, libvirt.Ref) {
	id := uuid.NewString()
	return fmt.Sprintf(`<domain type="qemu"><name>%s</name><uuid>%s</uuid><memory unit="MiB">64</memory><vcpu>1</vcpu>
<os><type arch="x86_64">hvm</type></os><features><acpi/></features></domain>`, name, id), libvirt.Ref{Name: name, UUID: id}
}

func wantKind(t *testing.T, what string, err error, kind errs.Kind) {
	t.Helper()
	if !errs.Is(err, kind) {
		t.Errorf("%s: error %v of kind %v, want kind %v", what, err, errs.KindOf(err), kind)
	}
}

// TestHungDaemon talks to a daemon that accepts connections and never answers, as a stopped libvirtd does.
func TestHungDaemon(t *testing.T) {
	t.Parallel()
	socket := filepath.Join(t.TempDir(), "sock")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	c := libvirt.New(socket, "")
	defer c.Close()
	var calls sync.WaitGroup
	for range 4 {
		calls.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
			defer cancel()
			begin := time.Now()
			_, err := c.List(ctx, "")
			wantKind(t, "List", err, errs.Unavailable)
			if took := time.Since(begin); took > 2*time.Second {
				t.Errorf("the call returned after %v, its deadline was 100ms", took)
			}
		})
	}
	calls.Wait()
}

func TestNoDaemon(t *testing.T) {
	t.Parallel()
	c := libvirt.New(filepath.Join(t.TempDir(), "sock"), "")
	_, err := c.List(t.Context(), "")
	wantKind(t, "List", err, errs.Unavailable)
	_, err = c.Events(t.Context())
	wantKind(t, "Events", err, errs.Unavailable)
}

// TestReconnect cuts the connection under a client: what was running fails, and the next call works.
func TestReconnect(t *testing.T) {
	t.Parallel()
	client(t, "", testDriver)
	relay := newRelay(t)
	c := libvirt.New(relay.socket, testDriver)
	defer c.Close()
	if _, err := c.List(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	events, err := c.Events(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	relay.cut()
	select {
	case _, open := <-events:
		if open {
			t.Error("an event came from a connection that is cut")
		}
	case <-time.After(5 * time.Second):
		t.Fatal("the events' channel was not closed")
	}
	deadline := time.Now().Add(5 * time.Second)
	for {
		_, err := c.List(t.Context(), "")
		if err == nil {
			return
		}
		wantKind(t, "List after the cut", err, errs.Unavailable)
		if time.Now().After(deadline) {
			t.Fatal("the client did not come back")
		}
	}
}

// relay passes bytes between a socket of its own and the real libvirtd's, until it cuts all connections.
type relay struct {
	socket string
	mu     sync.Mutex
	conns  []net.Conn
}

func newRelay(t *testing.T) *relay {
	t.Helper()
	r := &relay{socket: filepath.Join(t.TempDir(), "sock")}
	listener, err := net.Listen("unix", r.socket)
	if err != nil {
		t.Fatal(err)
	}
	var workers sync.WaitGroup
	workers.Go(func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("unix", libvirt.DefaultSocket)
			if err != nil {
				near.Close()
				continue
			}
			r.mu.Lock()
			r.conns = append(r.conns, near, far)
			r.mu.Unlock()
			workers.Go(func() { _, _ = io.Copy(near, far); near.Close() })
			workers.Go(func() { _, _ = io.Copy(far, near); far.Close() })
		}
	})
	t.Cleanup(func() { listener.Close(); r.cut(); workers.Wait() })
	return r
}

func (r *relay) cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.conns {
		c.Close()
	}
	r.conns = nil
}

// What people may read of a libvirt without the right QEMU says what to install. libvirt's test driver has guests of 32 bits alone.
func TestWithoutQEMU(t *testing.T) {
	c := client(t, "", testDriver)
	_, err := c.HostInfo(t.Context())
	if e := errs.Public(err); e == nil || e.Code != "no_emulator" {
		t.Errorf("%v", err)
	}
}
