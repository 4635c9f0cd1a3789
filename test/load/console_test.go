package load

import (
	"context"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"golang.org/x/sync/errgroup"

	"dewpoint/test/harness"
)

const (
	// greeting is what a connection to the screen begins with, as QEMU's does.
	greeting = "RFB 003.008\n"
	// streamed is how much one connection is sent, in pieces as a busy screen's, to whom asks for it.
	streamed = 512 << 20
	// viewers is how many look at the same time where memory is measured: as many as one console takes.
	viewers = 32
)

// screen stands in for QEMU's at the socket of a VM, so that what is measured is the way and not the drawing.
func screen(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go draw(c)
		}
	}()
}

func draw(c net.Conn) {
	defer c.Close()
	io.WriteString(c, greeting)
	if _, err := io.ReadFull(c, make([]byte, 1)); err != nil {
		return
	}
	piece := make([]byte, 64<<10)
	for range streamed / len(piece) {
		if _, err := c.Write(piece); err != nil {
			return
		}
	}
}

// look opens a console and reads its greeting.
func look(url string) (*websocket.Conn, error) {
	c, _, err := websocket.Dial(context.Background(), url, &websocket.DialOptions{Subprotocols: []string{"binary"}, HTTPClient: &http.Client{}})
	if err != nil {
		return nil, err
	}
	c.SetReadLimit(-1)
	if _, text, err := c.Read(context.Background()); err != nil || string(text) != greeting {
		c.CloseNow()
		return nil, fmt.Errorf("the greeting is %q: %w", text, err)
	}
	return c, nil
}

// throughput is how many MB come in a second over one connection.
func throughput(t *testing.T, url string) float64 {
	t.Helper()
	c, err := look(url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	began := time.Now()
	stream := websocket.NetConn(context.Background(), c, websocket.MessageBinary)
	if _, err := stream.Write([]byte("!")); err != nil {
		t.Fatal(err)
	}
	n, err := io.CopyN(io.Discard, stream, streamed)
	if err != nil {
		t.Fatalf("after %d bytes: %v", n, err)
	}
	return streamed / 1e6 / time.Since(began).Seconds()
}

// connections is how many can be opened and closed in a second by four clients.
func connections(t *testing.T, url string) float64 {
	t.Helper()
	var done atomic.Int64
	began := time.Now()
	var clients errgroup.Group
	for range 4 {
		clients.Go(func() error {
			for time.Since(began) < 4*time.Second {
				c, err := look(url)
				if err != nil {
					return err
				}
				c.CloseNow()
				done.Add(1)
			}
			return nil
		})
	}
	if err := clients.Wait(); err != nil {
		t.Fatal(err)
	}
	return float64(done.Load()) / time.Since(began).Seconds()
}

// perViewer is how many KiB each viewer takes in a process and its children.
func perViewer(t *testing.T, url string, resident func() float64) float64 {
	t.Helper()
	before := settled(t, resident)
	for range viewers {
		c, err := look(url)
		if err != nil {
			t.Fatal(err)
		}
		defer c.CloseNow()
	}
	time.Sleep(2 * time.Second)
	grown := (resident() - before) * 1024 / viewers
	if grown <= 0 {
		t.Fatalf("%d viewers take %.0f KiB each: what the process gave back meanwhile hides them", viewers, grown)
	}
	return grown
}

// settled waits until a process gives no more memory back of what it needed before, and returns what it has.
func settled(t *testing.T, resident func() float64) (has float64) {
	t.Helper()
	harness.Eventually(t, 3*time.Minute, "the memory stays what it is", func() (bool, string) {
		before := resident()
		time.Sleep(8 * time.Second)
		has = resident()
		return before-has < 0.1, fmt.Sprint(before, has)
	})
	return has
}

// TestConsoleProxy measures the way to a screen against websockify, to the same stand-in for QEMU. Both serve plain HTTP; Dewpoint checks a session and its
// rights for each connection, which websockify does not.
func TestConsoleProxy(t *testing.T) {
	needsFlag(t)
	s := harness.Start(t, "--insecure-http")
	c := s.Table()
	made := c.Must(201, "POST", "vms", map[string]any{"name": "looked-at", "ram": 256, "powerstate": true}).Object()
	machine := made["response"].(map[string]any)["machine"].(string)
	harness.Eventually(t, time.Minute, "the VM has its console", func() (bool, string) {
		row := c.Must(200, "GET", "machine_console/"+machine+"?fields=active", nil).Object()
		return row["active"] == true, fmt.Sprint(row)
	})
	found, err := filepath.Glob(filepath.Join(s.Data, "machines", machine+"-*", "run", "vnc.sock"))
	if err != nil || len(found) != 1 {
		t.Fatalf("the sockets of the VM are %v, %v", found, err)
	}
	screen(t, found[0])
	theirs, pid := websockify(t, found[0])
	ours := strings.Replace(s.URL, "http", "ws", 1) + "/api/v4/machine_console/" + machine + "?token=" + s.Session()

	mine := perViewer(t, ours, func() float64 { return memoryMiB(t, s.PID(), "VmRSS") })
	other := perViewer(t, theirs, func() float64 { return familyMiB(t, pid) })
	fmt.Printf("| peer: websockify's memory for each viewer (private) | %.0f KiB | | |\n", other)
	figure(t, "console: memory for each viewer", math.Round(mine), "KiB", mine <= 128, "≤ 128 KiB")
	mine, other = connections(t, ours), connections(t, theirs)
	fmt.Printf("| console: new connections, ours / websockify | %.0f/s / %.0f/s | | |\n", mine, other)
	figure(t, "console: new connections per second ÷ websockify", math.Round(mine/other*10)/10, "×", mine/other >= 20, "≥ 20 ×")
	var both [2][]float64 // in turns, so that what else the machine does is in both
	for range 7 {
		both[0], both[1] = append(both[0], throughput(t, ours)), append(both[1], throughput(t, theirs))
	}
	slices.Sort(both[0])
	slices.Sort(both[1])
	mine, other = both[0][3], both[1][3]
	fmt.Printf("| console: one stream, ours / websockify (medians of 7) | %.0f MB/s / %.0f MB/s | | |\n", mine, other)
	figure(t, "console: throughput ÷ websockify", math.Round(mine/other*100)/100, "×", mine/other >= 1, "≥ 1 ×")
	c.Must(200, "DELETE", "vms/"+made["$key"].(string), nil)
}

// websockify starts Debian's and returns its address and process.
func websockify(t *testing.T, socket string) (url string, pid int) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	cmd := exec.Command("/usr/bin/websockify", "--unix-target="+socket, address)
	if err := cmd.Start(); err != nil {
		t.Fatalf("websockify isn't installed: run scripts/setup.sh bench (%v)", err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	url = "ws://" + address + "/"
	harness.Eventually(t, 20*time.Second, "websockify answers", func() (bool, string) {
		c, err := look(url)
		if err == nil {
			c.CloseNow()
		}
		return err == nil, fmt.Sprint(err)
	})
	return url, cmd.Process.Pid
}

// familyMiB is the memory that a process and its children have to themselves.
func familyMiB(t *testing.T, pid int) (sum float64) {
	t.Helper()
	processes, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range processes {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		var parent int
		if _, rest, found := strings.Cut(string(text), ") "); found {
			var state string
			fmt.Sscan(rest, &state, &parent)
		}
		if parent != pid && filepath.Base(filepath.Dir(file)) != fmt.Sprint(pid) {
			continue
		}
		rollup, err := os.ReadFile(filepath.Join(filepath.Dir(file), "smaps_rollup"))
		if err != nil {
			continue
		}
		for _, line := range strings.Split(string(rollup), "\n") {
			var kib float64
			if n, _ := fmt.Sscanf(line, "Private_Dirty: %f kB", &kib); n == 1 {
				sum += kib / 1024
			}
		}
	}
	return sum
}
