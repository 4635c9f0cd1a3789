package block_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"dewpoint/internal/host/block"
)

// qemuIO runs one command of qemu-io on a disk that finds what lies beneath it by its header.
func qemuIO(t *testing.T, disk, command string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "qemu-io", "-f", "qcow2", "-c", command, disk).CombinedOutput()
	if err != nil {
		t.Fatalf("qemu-io %s: %v\n%s", command, err, out)
	}
	return string(out)
}

// TestLayers: a disk over a layer reads the layer's bytes, keeps its own, grows, and can be written into the layer, zeroes included.
func TestLayers(t *testing.T) {
	t.Parallel()
	needTool(t)
	ctx, dir := t.Context(), t.TempDir()
	bottom, middle, top := filepath.Join(dir, "bottom"), filepath.Join(dir, "middle"), filepath.Join(dir, "top")
	if err := block.Create(bottom, 4<<20); err != nil {
		t.Fatal(err)
	}
	qemuIO(t, bottom, "write -P 1 0 4M")
	for over, under := range map[string]string{middle: bottom} {
		if err := block.CreateOver(over, under, 4<<20); err != nil {
			t.Fatal(err)
		}
	}
	qemuIO(t, middle, "write -P 2 1M 1M")
	if err := block.CreateOver(top, middle, 4<<20); err != nil {
		t.Fatal(err)
	}
	qemuIO(t, top, "write -P 3 2M 1M")
	qemuIO(t, top, "write -z 3M 64k")
	if err := block.Resize(ctx, top, 8<<20); err != nil {
		t.Fatal(err)
	}
	if size, err := block.Size(top); err != nil || size != 8<<20 {
		t.Errorf("the disk has %d bytes, %v; want 8 MiB", size, err)
	}
	reads := map[string]int{"0 1M": 1, "1M 1M": 2, "2M 1M": 3, "3M 64k": 0, "3136k 960k": 1, "4M 4M": 0}
	holds := func(disk string) {
		for where, what := range reads {
			if out := qemuIO(t, disk, "read -P "+string(rune('0'+what))+" "+where); strings.Contains(out, "verification failed") {
				t.Errorf("%s at %s: %s", filepath.Base(disk), where, out)
			}
		}
	}
	holds(top)
	for range 2 { // it may be repeated
		if err := block.Commit(ctx, top, []string{middle, bottom}, 8<<20); err != nil {
			t.Fatal(err)
		}
	}
	holds(middle)
	if used, err := block.Used(middle); err != nil || used > 3<<20 {
		t.Errorf("the layer takes %d bytes, %v: more than what was written above the bottom", used, err)
	}
	for _, path := range []string{bottom, middle, top} {
		if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
			t.Errorf("%s: %v, %v; want it to be nobody's but root's", path, info, err)
		}
	}
}
