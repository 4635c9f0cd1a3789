package datadir_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"dewpoint/internal/datadir"
	"dewpoint/internal/model"
	"dewpoint/internal/store"
	"dewpoint/internal/store/sqlite"
)

// The environment of a process that adopts the database of a directory, and at which point it kills itself.
const (
	childOf = "DEWPOINT_TEST_ADOPT"
	dieAt   = "DEWPOINT_TEST_DIE_AT"
)

// adoptAndDie is a server's start with --adopt, up to its end or its death. Points to die at are counted: each transaction when it begins, and
// each commit before anybody hears of it. It says on standard output when the database is open, and how many points there were.
func adoptAndDie(dir string) {
	fatal := func(err error) {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	last, _ := strconv.Atoi(os.Getenv(dieAt))
	db, err := sqlite.Open(background, filepath.Join(dir, datadir.DatabaseFile), model.Schema())
	fatal(err)
	points := 0
	point := func() {
		if points++; points == last {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}
	db.Now = func() time.Time { point(); return time.Now() }
	db.Watch(func([]store.Change) { point() })
	fmt.Println("open")
	d, err := datadir.Open(background, datadir.Config{Path: dir, DB: db, Where: "the database", Adopt: true, Log: slog.New(slog.DiscardHandler)})
	fatal(err)
	fatal(d.Settle(background))
	fmt.Println(points)
	os.Exit(0)
}

// adoption starts the process. Points is -1 when it was killed.
func (p *place) adoption(at int, kill func(opened <-chan struct{}, end func())) (points int) {
	p.t.Helper()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), childOf+"="+p.dir, dieAt+"="+strconv.Itoa(at))
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	opened, said := make(chan struct{}), make(chan int, 1)
	go func() {
		var once sync.Once
		open := func() { once.Do(func() { close(opened) }) }
		defer close(said)
		defer open()
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if n, err := strconv.Atoi(lines.Text()); err == nil {
				said <- n
				continue
			}
			open()
		}
		_, _ = io.Copy(io.Discard, out)
	}()
	if kill != nil {
		kill(opened, func() { _ = cmd.Process.Kill() })
	}
	points, whole := <-said
	err = cmd.Wait()
	if whole {
		return points
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		p.t.Fatalf("the adoption ended with %v: %s", err, stderr.String())
	}
	return -1
}

// spoiled is a place in SQLite whose database doesn't fit its directory; it is closed. Key is the last one that was given in it.
func spoiled(t *testing.T, spoil func(*place)) (p *place, key int64) {
	t.Helper()
	p = newPlace(t)
	if p.db.Shared() {
		t.Skip("the process opens the file of SQLite; PostgreSQL's transactions are its own")
	}
	p.mustStart(false)
	key = p.add("before")
	p.file("files/7000", "bytes")
	p.mustStart(false)
	spoil(p)
	p.db.Close()
	return p, key
}

// holds wants the next start to refuse what was refused before, or to find all adopted; and that a start which is told to adopt gets there.
func (p *place) holds(when string, key int64) (adopted bool) {
	p.t.Helper()
	db, err := sqlite.Open(background, filepath.Join(p.dir, datadir.DatabaseFile), model.Schema())
	if err != nil {
		p.t.Fatalf("%s: %v", when, err)
	}
	defer db.Close()
	p.db = db
	_, err = p.start(false)
	var mismatch *datadir.Mismatch
	adopted = err == nil
	if !adopted && !errors.As(err, &mismatch) {
		p.t.Fatalf("%s: the next start says %v", when, err)
	}
	if !adopted {
		p.mustStart(true)
		p.mustStart(false)
	}
	if got := p.add("after"); got <= max(key, 7000) {
		p.t.Errorf("%s: key %d was given, and may have been given before", when, got)
	}
	if got := p.system().Instance; got != "00a1" {
		p.t.Errorf("%s: the instance is %q", when, got)
	}
	if text, err := os.ReadFile(filepath.Join(p.dir, "files/7000")); err != nil || string(text) != "bytes" {
		p.t.Errorf("%s: the bytes are %q, %v", when, text, err)
	}
	return adopted
}

// TestAdoptionKilledAnywhere kills a process that adopts, as SIGKILL does: at each point, and at random moments.
func TestAdoptionKilledAnywhere(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*place){"older": (*place).older, "empty": (*place).emptied} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, key := spoiled(t, spoil)
			begun := time.Now()
			points := p.adoption(0, func(opened <-chan struct{}, _ func()) { <-opened; begun = time.Now() })
			took := time.Since(begun)
			if !p.holds("not killed", key) || points < 4 {
				t.Fatalf("an adoption that ended isn't whole, or has %d points", points)
			}
			outcomes := map[bool]int{}
			for at := 1; at <= points; at++ {
				p, key := spoiled(t, spoil)
				when := fmt.Sprint("killed at point ", at)
				if p.adoption(at, nil) != -1 {
					t.Fatalf("%s: it wasn't", when)
				}
				outcomes[p.holds(when, key)]++
			}
			if outcomes[true] == 0 || outcomes[false] == 0 {
				t.Errorf("of the starts after a kill at a point %v were adopted: the points lie all before or all behind", outcomes)
			}
			for range 8 {
				p, key := spoiled(t, spoil)
				wait := rand.N(took)
				p.adoption(0, func(opened <-chan struct{}, end func()) {
					<-opened
					time.AfterFunc(wait, end)
				})
				p.holds(fmt.Sprint("killed after ", wait), key)
			}
		})
	}
}
