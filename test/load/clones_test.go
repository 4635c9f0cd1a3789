package load

import (
	"fmt"
	"math"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"dewpoint/test/harness"
)

// TestLinkedCloneRate measures a hundred linked clones of a VM with a disk of 20 GB, from the first request to the last disk that is ready, against a loop of
// qemu-img that makes as many images over the same one.
func TestLinkedCloneRate(t *testing.T) {
	needsFlag(t)
	const clones, clients = 100, 16
	s := harness.Start(t)
	c := s.Table()
	made := c.Must(201, "POST", "vms", map[string]any{"name": "source", "ram": 256}).Object()
	machine := made["response"].(map[string]any)["machine"].(string)
	c.Create("machine_drives", map[string]any{"machine": machine, "disksize": int64(20) << 30})
	ready := func(want int) {
		t.Helper()
		for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(5 * time.Millisecond) {
			rows := c.Must(200, "GET", "machine_drives?fields=$key&limit=1000&filter=used_bytes%20gt%200", nil).Rows()
			if len(rows) == want {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("%d of %d disks are ready", len(rows), want)
			}
		}
	}
	ready(1)
	base, err := filepath.Glob(filepath.Join(s.Data, "pools", "*", "*", "*.qcow2"))
	if err != nil || len(base) != 1 {
		t.Fatal(base, err)
	}
	began := time.Now()
	for i := range clones {
		path := filepath.Join(s.Data, fmt.Sprintf("peer-%d", i))
		if out, err := exec.CommandContext(t.Context(), "qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", base[0], path).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	peer := time.Since(began)
	began = time.Now()
	var work sync.WaitGroup
	for n := range clients {
		work.Go(func() {
			for i := n; i < clones; i += clients {
				c.Must(201, "POST", "vm_actions", map[string]any{"vm": made["$key"], "action": "clone", "params": map[string]any{"name": fmt.Sprintf("clone-%d", i)}})
			}
		})
	}
	work.Wait()
	asked := time.Since(began)
	ready(clones + 1)
	ours := time.Since(began)
	fmt.Printf("| %d linked clones of a 20 GB disk, ours / a loop of qemu-img create -b | %d ms (asked for after %d ms) / %d ms | | |\n",
		clones, ours.Milliseconds(), asked.Milliseconds(), peer.Milliseconds())
	ratio := math.Round(100*float64(peer)/float64(ours)) / 100
	figure(t, "linked clones ÷ a loop of qemu-img create -b", ratio, "×", ratio >= 5, "≥ 5 ×")
}
