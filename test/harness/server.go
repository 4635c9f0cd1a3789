// Package harness runs the built program for tests that look at it from outside, and speaks HTTP to it the way any client would.
package harness

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"dewpoint/test/locked"
)

// AdminPassword is the password of admin on every server that a test starts.
const AdminPassword = "correct horse battery staple"

// Server is one running dewpoint with a data directory of its own.
type Server struct {
	t    testing.TB
	Data string
	// URL is where it answers, as it said on its standard output.
	URL string
	// Started is how long the last start took until the ready line.
	Started time.Duration
	listen  string
	args    []string
	cmd     *exec.Cmd
	ready   chan string
	exited  chan error
	log     locked.Buffer
	HTTP    *http.Client
}

// Root is the top folder of the project.
func Root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..")
}

// Binary returns the program under test: $DEWPOINT_BIN, or bin/dewpoint as `make build` makes it.
func Binary(t testing.TB) string {
	t.Helper()
	path := os.Getenv("DEWPOINT_BIN")
	if path == "" {
		path = filepath.Join(Root(), "bin", "dewpoint")
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("the program isn't built: run make build (%v)", err)
	}
	return path
}

// Start starts a server on a free loopback port and waits until it is ready; it is stopped when the test ends. Its data directory is
// removed then, unless the test failed.
func Start(t testing.TB, args ...string) *Server {
	t.Helper()
	return StartIn(t, dataDir(t), args...)
}

// dataDir makes a data directory for a test.
func dataDir(t testing.TB) string {
	t.Helper()
	// Not t.TempDir: libvirt's QEMU must be able to reach into it, and a failed test's serial lines are worth keeping.
	data, err := os.MkdirTemp("", "dewpoint-test-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(data, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the data directory %s is kept", data)
			return
		}
		os.RemoveAll(data)
	})
	return data
}

// StartIn is Start with a data directory of the caller's, who removes it.
func StartIn(t testing.TB, data string, args ...string) *Server {
	t.Helper()
	s := newServer(t, data, args...)
	s.Run()
	return s
}

// newServer prepares a server that has yet to be started.
func newServer(t testing.TB, data string, args ...string) *Server {
	t.Helper()
	s := &Server{t: t, Data: data, listen: freePort(t), args: args, HTTP: &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, MaxIdleConnsPerHost: 64,
	}}}
	t.Cleanup(func() {
		s.Stop()
		s.clear()
		if t.Failed() {
			t.Logf("the server's log:\n%s", s.Log())
		}
	})
	return s
}

// Run starts the program again after Stop or Kill, where it listened before, and waits until it is ready.
func (s *Server) Run() {
	s.t.Helper()
	if err := s.start(); err != nil {
		s.t.Fatal(err)
	}
}

func (s *Server) start() error {
	began := time.Now()
	if err := s.Launch(); err != nil {
		return err
	}
	select {
	case s.URL = <-s.ready:
		s.Started = time.Since(began)
		return nil
	case err := <-s.exited:
		s.cmd = nil
		return fmt.Errorf("the server ended before it was ready: %w\n%s", err, s.Log())
	case <-time.After(30 * time.Second):
		return fmt.Errorf("the server isn't ready after 30 s:\n%s", s.Log())
	}
}

// Launch starts the program without waiting for anything, for tests that end it while it starts.
func (s *Server) Launch() error {
	s.cmd = exec.Command(Binary(s.t), append([]string{"serve", "--data", s.Data, "--listen", s.listen}, s.args...)...)
	s.cmd.Env = append(os.Environ(), "DEWPOINT_ADMIN_PASSWORD="+AdminPassword)
	s.cmd.Stderr = &s.log
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := s.cmd.Start(); err != nil {
		s.cmd = nil
		return err
	}
	cmd, ready, exited := s.cmd, make(chan string, 1), make(chan error, 1)
	s.ready, s.exited = ready, exited
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if url, ok := strings.CutPrefix(lines.Text(), "dewpoint: ready on "); ok {
				ready <- url
			}
		}
		exited <- cmd.Wait()
	}()
	return nil
}

// freePort returns a loopback address that nothing listens on. Its port lies below those that the kernel gives to outgoing connections, so
// that a server which is killed finds it free again.
func freePort(t testing.TB) string {
	t.Helper()
	for range 100 {
		address := fmt.Sprintf("127.0.0.1:%d", 10_000+rand.IntN(20_000))
		if l, err := net.Listen("tcp", address); err == nil {
			l.Close()
			return address
		}
	}
	t.Fatal("no free port between 10000 and 30000")
	return ""
}

// Stop asks the server to end, as systemd would, and waits.
func (s *Server) Stop() { s.end(syscall.SIGTERM) }

// Kill ends the server by SIGKILL and waits.
func (s *Server) Kill() { s.end(syscall.SIGKILL) }

func (s *Server) end(sig syscall.Signal) {
	if s.cmd == nil {
		return
	}
	s.cmd.Process.Signal(sig)
	select {
	case <-s.exited:
	case <-time.After(20 * time.Second):
		s.cmd.Process.Kill()
		<-s.exited
		s.t.Errorf("the server was still there 20 s after %v", sig)
	}
	s.cmd = nil
}

// Gone waits until the program has ended by itself, or somebody else has ended it; false when it goes on.
func (s *Server) Gone(within time.Duration) bool {
	select {
	case err := <-s.exited:
		s.exited <- err // for end, which takes it
		return true
	case <-time.After(within):
		return false
	}
}

// PID returns the process id of the running server.
func (s *Server) PID() int { return s.cmd.Process.Pid }

// Log returns what the server has written to its standard error.
func (s *Server) Log() string { return s.log.String() }
