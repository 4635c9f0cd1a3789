package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"dewpoint/test/harness"
)

// shell talks to a guest's shell by its serial line.
type shell struct {
	*console
	sockets string // a pattern
	line    net.Conn
}

// say has the guest run a line. Lines are read by a loop of the shell, which echoes nothing and doesn't wrap.
func (s *shell) say(line string) {
	s.t.Helper()
	for range 2 { // a guest that goes on from memory has another socket
		if s.line == nil {
			line, err := net.Dial("unix", s.socket())
			if err != nil {
				s.t.Fatal(err)
			}
			s.t.Cleanup(func() { line.Close() })
			go func() { _, _ = io.Copy(io.Discard, line); line.Close() }()
			s.line = line
		}
		if _, err := s.line.Write([]byte(line + "\n")); err == nil {
			return
		}
		s.line = nil
	}
	s.t.Fatal("the guest's serial line takes nothing")
}

// socket is that of the serial line, by a path that is short enough.
func (s *shell) socket() string {
	found, err := filepath.Glob(s.sockets)
	if err != nil || len(found) != 1 {
		s.t.Fatal(found, err)
	}
	return found[0]
}

// listen has the guest's shell take lines as they are. What is written before its first prompt may be lost, so it is told until it answers.
func (s *shell) listen() {
	s.t.Helper()
	s.say("stty -echo; while read -r l; do eval \"$l\" </dev/null; done")
	harness.Eventually(s.t, 30*time.Second, "the guest's shell", func() (bool, string) {
		s.say("echo LISTENS$((1+1))")
		time.Sleep(300 * time.Millisecond)
		return strings.Contains(s.text(), "LISTENS2"), tail(s.text())
	})
}

// ask has the guest print the value of an expression of its shell, and returns it.
func (s *shell) ask(expression string) string {
	s.t.Helper()
	mark := fmt.Sprintf("ANSWER%d", time.Now().UnixNano())
	s.say("echo " + mark + "=" + expression + "=")
	re := regexp.MustCompile(mark + `=([^=$\n]*)=`)
	var found []string
	harness.Eventually(s.t, 20*time.Second, "the guest's answer", func() (bool, string) {
		found = re.FindStringSubmatch(s.text())
		return found != nil, tail(s.text())
	})
	return found[1]
}

// block is what the guest reads at a block of its disk.
func block(n int) string {
	return fmt.Sprintf("$(dd if=/dev/vda bs=512 skip=%d count=1 iflag=direct 2>/dev/null | tr -d '\\0')", n)
}

func write(n int, what string) string {
	return fmt.Sprintf("printf %%-512s %s | tr ' ' '\\0' | dd of=/dev/vda bs=512 seek=%d oflag=direct 2>/dev/null; sync", what, n)
}

// chain lists the files that a disk is made of, as qemu-img finds them in the headers.
func chain(t *testing.T, path string) (names []string) {
	t.Helper()
	var files []struct {
		Filename string `json:"filename"`
	}
	if err := json.Unmarshal([]byte(harness.Output(t, "qemu-img", "info", "-U", "--backing-chain", "--output=json", path)), &files); err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		names = append(names, filepath.Base(f.Filename))
	}
	return names
}

// ended waits for all operations of a server.
func ended(t *testing.T, api *harness.Client) {
	t.Helper()
	var rows []map[string]any
	harness.Eventually(t, 90*time.Second, "the end of the operations", func() (bool, string) {
		rows = api.Must(200, "GET", "operations?fields=kind,status,status_info,step", nil).Rows()
		text := fmt.Sprint(rows)
		return !strings.Contains(text, "running") && !strings.Contains(text, "queued") && !strings.Contains(text, "undoing"), text
	})
	for _, op := range rows {
		if op["status"] != "complete" {
			t.Fatalf("an operation ended otherwise: %v", op)
		}
	}
}

// TestSnapshots takes a running guest back to where it was, with its memory and without, and lets the snapshots go while it runs.
func TestSnapshots(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	api := s.Table()
	iso := uploadByChunks(t, api, harness.GuestISO(t))
	vm := api.Create("vms", map[string]any{"name": "snapped", "ram": 256})
	t.Cleanup(func() { harness.RemoveVM(api, vm) })
	machine := fmt.Sprint(api.Must(200, "GET", "vms/"+vm+"?fields=machine", nil).Object()["machine"])
	api.Create("machine_drives", map[string]any{"machine": machine, "media": "cdrom", "media_source": iso})
	disk := api.Create("machine_drives", map[string]any{"machine": machine, "interface": "virtio", "disksize": 64 << 20})
	api.Must(201, "POST", "vm_actions", map[string]any{"vm": vm, "action": "poweron"})
	guest := &shell{console: openConsole(t, s, machine), sockets: filepath.Join(s.Data, "machines", machine+"-*", "run", "serial.sock")}
	guest.wait(`GUEST READY`)
	guest.wait(`guest# `)
	guest.listen()

	guest.say(write(0, "FIRST"))
	guest.say("echo then > /tmp/memory")
	if got := guest.ask(block(0)); got != "FIRST" {
		t.Fatalf("the guest reads %q", got)
	}
	first := api.Create("machine_snapshots", map[string]any{"machine": machine, "name": "first", "memory": true})
	ended(t, api)
	shot := api.Must(200, "GET", "machine_snapshots/"+first+"?fields=all", nil).Object()
	if shot["snap_machine"] == nil || shot["memory"] != true || shot["pause_ms"] == nil || shot["pause_ms"] == 0.0 {
		t.Errorf("the snapshot is %v", shot)
	}
	t.Logf("the guest stood still for %v ms", shot["pause_ms"])
	path := func() string {
		found, err := filepath.Glob(filepath.Join(s.Data, "pools", "*", "*", disk+"-*"))
		if err != nil || len(found) == 0 {
			t.Fatal(found, err)
		}
		newest := found[0]
		for _, f := range found {
			if len(f) > len(newest) || len(f) == len(newest) && f > newest {
				newest = f
			}
		}
		return newest
	}
	if files := chain(t, path()); len(files) != 2 {
		t.Errorf("the disk is made of %v, want two files", files)
	}
	guest.say(write(1, "SECOND"))
	guest.say("echo now > /tmp/memory")
	if got := guest.ask(block(1)) + guest.ask("$(cat /tmp/memory)"); got != "SECONDnow" {
		t.Fatalf("the guest reads %q", got)
	}

	api.Must(201, "POST", "vm_actions", map[string]any{"vm": vm, "action": "restore", "params": map[string]any{"snapshot_id": first}})
	ended(t, api)
	if got := guest.ask(block(0)) + "," + guest.ask(block(1)) + "," + guest.ask("$(cat /tmp/memory)"); got != "FIRST,,then" {
		t.Errorf("after the return the guest reads %q", got)
	}

	second := api.Create("machine_snapshots", map[string]any{"machine": machine, "name": "second"})
	ended(t, api)
	guest.say(write(2, "THIRD"))
	if got := guest.ask(block(2)); got != "THIRD" {
		t.Fatalf("the guest reads %q", got)
	}
	for _, key := range []string{first, second} {
		api.Must(200, "DELETE", "machine_snapshots/"+key, nil)
	}
	harness.Eventually(t, 60*time.Second, "one file in the pool", func() (bool, string) { // not qemu-img: the files go while it looks
		files, err := filepath.Glob(filepath.Join(s.Data, "pools", "*", "*", "*"))
		return err == nil && len(files) == 1, fmt.Sprint(files, api.Must(200, "GET", "operations?fields=kind,status,status_info,step", nil).Rows())
	})
	ended(t, api)
	if files := chain(t, path()); len(files) != 1 {
		t.Errorf("the disk is made of %v, want one file", files)
	}
	if got := guest.ask(block(0)) + "," + guest.ask(block(1)) + "," + guest.ask(block(2)); got != "FIRST,,THIRD" {
		t.Errorf("after the snapshots went the guest reads %q", got)
	}
	if left, _ := filepath.Glob(filepath.Join(s.Data, "pools", "*", "*", "*")); len(left) != 1 {
		t.Errorf("in the pool: %v", left)
	}
	if rows := api.Must(200, "GET", "vms?filter=is_snapshot%20eq%20true", nil).Rows(); len(rows) != 0 {
		t.Errorf("the snapshots' VMs are still there: %v", rows)
	}
}
