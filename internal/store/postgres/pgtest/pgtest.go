// Package pgtest runs a PostgreSQL server for the tests of one package and gives each test a database of its own. The server is
// that of the host's installation; it listens on a free port of the loopback address, keeps its files in a temporary directory, and ends
// with the tests.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"
)

// limit bounds each step of starting and stopping.
const limit = 30 * time.Second

var (
	started   = sync.OnceValues(start)
	isStarted atomic.Bool
	databases atomic.Int64
)

// Main runs the tests of a package and stops the server, if one of them started it. Goroutines that are left then fail the package.
// TestMain calls it.
func Main(m *testing.M) {
	code := Run(m)
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// Run is the part of Main for packages whose TestMain has more to do: it runs the tests and stops the server.
func Run(m *testing.M) int {
	code := m.Run()
	if isStarted.Load() {
		if s, err := started(); err == nil {
			s.stop()
		}
	}
	return code
}

// DSN returns the address of an empty database, which goes with the test. Without an installed server the test is skipped, or fails
// where CI is true.
func DSN(t testing.TB) string {
	t.Helper()
	isStarted.Store(true)
	s, err := started()
	need(t, err)
	return s.create(t, "")
}

// Filled is DSN for a database that begins as fill leaves an empty one. Fill is called once in the process, whoever calls first; what it fills is
// copied.
func Filled(t testing.TB, fill func(dsn string) error) string {
	t.Helper()
	isStarted.Store(true)
	s, err := started()
	need(t, err)
	s.filling.Do(func() {
		s.exec(t, "CREATE DATABASE "+filled)
		s.filled = errors.Join(fill(s.dsn(filled)), s.disconnect(filled))
	})
	if s.filled != nil {
		t.Fatal(s.filled)
	}
	return s.create(t, " TEMPLATE "+filled)
}

// filled is the database that those of Filled are copied from.
const filled = "filled"

// create makes a database that goes with the test.
func (s *server) create(t testing.TB, from string) string {
	t.Helper()
	name := fmt.Sprintf("test%d", databases.Add(1))
	s.exec(t, "CREATE DATABASE "+name+from)
	t.Cleanup(func() { s.exec(t, "DROP DATABASE "+name+" WITH (FORCE)") })
	return s.dsn(name)
}

// disconnect lets nobody into a database any more and waits until those who were there have left: only such a one can be copied.
func (s *server) disconnect(name string) error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.dsn("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, "ALTER DATABASE "+name+" ALLOW_CONNECTIONS false"); err != nil {
		return err
	}
	for left := 1; left > 0; {
		if err := conn.QueryRow(ctx, "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = $1", name).Scan(&left); err != nil {
			return err
		}
	}
	return nil
}

// need skips a test without a server, or fails it where CI is true.
func need(t testing.TB, err error) {
	t.Helper()
	switch {
	case err == nil:
	case os.Getenv("CI") == "true":
		t.Fatal(err)
	default:
		t.Skip(err)
	}
}

// Server is a PostgreSQL of one test's own, which goes with it.
type Server struct{ *server }

// Start starts one, or skips the test as DSN does.
func Start(t testing.TB) *Server {
	t.Helper()
	s, err := start()
	need(t, err)
	t.Cleanup(s.stop)
	return &Server{s}
}

// DSN returns the address of its database, which is empty at first.
func (s *Server) DSN() string { return s.dsn("postgres") }

// Stop ends it: connections are cut, and what was committed is kept.
func (s *Server) Stop() { s.end() }

// Restart starts it again after Stop, where it was.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	if err := s.launch(); err != nil {
		t.Fatal(err)
	}
	if err := s.await(ctx); err != nil {
		t.Fatal(err)
	}
}

// Disconnect cuts all connections to the database of dsn.
func Disconnect(t testing.TB, dsn string) {
	t.Helper()
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	s, err := started()
	if err != nil {
		t.Fatal(err)
	}
	s.exec(t, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", config.Database)
}

func (s *server) dsn(database string) string {
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword(user, s.password), Host: s.address, Path: database, RawQuery: "sslmode=disable",
	}
	return u.String()
}

// exec runs a statement in the database that every installation has.
func (s *server) exec(t testing.TB, text string, args ...any) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.dsn("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, text, args...); err != nil {
		t.Fatal(err)
	}
}
