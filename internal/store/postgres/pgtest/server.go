package pgtest

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	osuser "os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// user owns the server's databases.
const user = "dewpoint"

// server is a running PostgreSQL.
type server struct {
	dir, address, password string
	bin                    string // directory of the programs
	as                     *syscall.SysProcAttr
	process                *exec.Cmd
	ended                  chan struct{} // closed when the process has
	output                 bytes.Buffer  // may be read then
	filling                sync.Once
	filled                 error // why there is nothing to copy; see Filled
}

// start makes a server and waits until it answers.
func start() (_ *server, err error) {
	bin, err := installation()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "dewpoint-postgres-")
	if err != nil {
		return nil, err
	}
	s := &server{dir: dir, password: rand.Text(), bin: bin}
	defer func() {
		if err != nil {
			s.stop()
		}
	}()
	if s.as, err = owner(dir); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	if err := s.initialize(ctx); err != nil {
		return nil, err
	}
	if s.address, err = freeAddress(); err != nil {
		return nil, err
	}
	if err := s.launch(); err != nil {
		return nil, err
	}
	return s, s.await(ctx)
}

// installation finds the directory of the server's programs; Debian keeps one per version and puts none of them into the path.
func installation() (string, error) {
	if path, err := exec.LookPath("postgres"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			return filepath.Dir(path), nil
		}
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil || len(found) == 0 {
		return "", errors.Join(errors.New("no PostgreSQL server is installed; on Debian it is the package postgresql"), err)
	}
	return filepath.Dir(slices.Max(found)), nil
}

// owner chooses who runs the server, since it refuses to run as root, and gives him the directory.
func owner(dir string) (*syscall.SysProcAttr, error) {
	if os.Geteuid() != 0 {
		return &syscall.SysProcAttr{}, nil
	}
	as, err := osuser.Lookup("postgres")
	if err != nil {
		if as, err = osuser.Lookup("nobody"); err != nil {
			return nil, err
		}
	}
	uid, err := strconv.ParseUint(as.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(as.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, os.Chown(dir, int(uid), int(gid))
}

// initialize makes the files of an installation. Its databases sort as English does, which is not what the store wants: it has to say so.
func (s *server) initialize(ctx context.Context) error {
	secret := filepath.Join(s.dir, "password")
	if err := os.WriteFile(secret, []byte(s.password+"\n"), 0o644); err != nil { // the directory is closed to others
		return err
	}
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin, "initdb"), "--pgdata", filepath.Join(s.dir, "data"), "--username", user,
		"--pwfile", secret, "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C.UTF-8",
		"--locale-provider", "icu", "--icu-locale", "en", "--no-sync")
	cmd.SysProcAttr, cmd.Dir = s.as, s.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return nil
}

// freeAddress returns a loopback address that was free a moment ago.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// launch starts the process. It keeps nothing over a crash of the machine, which is faster.
func (s *server) launch() error {
	_, port, err := net.SplitHostPort(s.address)
	if err != nil {
		return err
	}
	s.ended = make(chan struct{})
	s.process = exec.Command(filepath.Join(s.bin, "postgres"), "-D", filepath.Join(s.dir, "data"), "-c", "listen_addresses=127.0.0.1", "-c", "port="+port,
		"-c", "unix_socket_directories=", "-c", "max_connections=200", "-c", "fsync=off", "-c", "full_page_writes=off")
	s.process.SysProcAttr, s.process.Dir = s.as, s.dir
	s.as.Pdeathsig = syscall.SIGQUIT // a test that is killed leaves no server
	s.process.Stdout, s.process.Stderr = &s.output, &s.output
	started := make(chan error, 1)
	go func() {
		defer close(s.ended)
		// The signal comes with the end of the thread that began the process (prctl(2)), and tests end threads: this one is kept.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := s.process.Start()
		started <- err
		if err == nil {
			_ = s.process.Wait() // how it ended stands in its output
		}
	}()
	if err := <-started; err != nil {
		return fmt.Errorf("starting PostgreSQL: %w", err)
	}
	return nil
}

// await connects until the server answers.
func (s *server) await(ctx context.Context) error {
	for {
		conn, err := pgx.Connect(ctx, s.dsn("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-s.ended:
			return fmt.Errorf("PostgreSQL ended at once:\n%s", s.output.String())
		case <-ctx.Done():
			return fmt.Errorf("PostgreSQL doesn't answer: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// end ends the process.
func (s *server) end() {
	if s.process == nil || s.process.Process == nil {
		return
	}
	_ = s.process.Process.Signal(syscall.SIGINT) // "fast": connections are cut
	select {
	case <-s.ended:
	case <-time.After(limit):
		_ = s.process.Process.Signal(syscall.SIGQUIT) // "immediate"
		<-s.ended
	}
}

// stop ends the process and removes its files.
func (s *server) stop() {
	s.end()
	os.RemoveAll(s.dir)
}
