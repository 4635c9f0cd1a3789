package block_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dewpoint/internal/host/block"
)

// TestEmptyImagesAreThoseOfQemuImg: it checks them without a complaint, and tells of them what it tells of its own.
func TestEmptyImagesAreThoseOfQemuImg(t *testing.T) {
	t.Parallel()
	needTool(t)
	dir := t.TempDir()
	layer := filepath.Join(dir, "layer.qcow2")
	if err := block.Create(layer, 1<<30); err != nil {
		t.Fatal(err)
	}
	for name, size := range map[string]int64{"none": 0, "sector": 512, "odd": 512<<20 + 512, "table": 1 << 40, "most": block.MaxVirtualSize} {
		for over, beneath := range map[string]string{"": "", "over": layer} {
			ours, theirs := filepath.Join(dir, name+over), filepath.Join(dir, "qemu-"+name+over)
			args := []string{"create", "-q", "-f", "qcow2", "-u"}
			err := block.Create(ours, size)
			if beneath != "" {
				args = append(args, "-F", "qcow2", "-b", beneath)
				if err = os.Remove(ours); err == nil {
					err = block.CreateOver(ours, beneath, size)
				}
			}
			if err != nil {
				t.Fatal(err)
			}
			image(t, append(args, theirs, strconv.FormatInt(size, 10))...)
			if out := image(t, "check", "-f", "qcow2", ours); !strings.Contains(out, "No errors were found") {
				t.Errorf("%s: %s", ours, out)
			}
			if d := cmp.Diff(facts(t, theirs), facts(t, ours)); d != "" {
				t.Errorf("%s over %q (-qemu-img +ours):\n%s", name, beneath, d)
			}
		}
	}
}

func image(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "qemu-img", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("qemu-img %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// facts is all that qemu-img tells of an image, but for its name and what it takes.
func facts(t *testing.T, path string) (f map[string]any) {
	t.Helper()
	if err := json.Unmarshal([]byte(image(t, "info", "--output=json", path)), &f); err != nil {
		t.Fatal(err)
	}
	delete(f, "filename")
	delete(f, "actual-size")
	delete(f, "children") // newer versions tell the name again
	return f
}

// FuzzEmptyImage: whatever name and size, there is an image that reads back as it was asked for, or none.
func FuzzEmptyImage(f *testing.F) {
	f.Add("/a/layer.qcow2", int64(1<<30))
	f.Add("", int64(0))
	f.Add(strings.Repeat("x", 1024), int64(512))
	f.Add("a\x00b", int64(-1))
	f.Fuzz(func(t *testing.T, layer string, size int64) {
		path := filepath.Join(t.TempDir(), "disk")
		if err := block.CreateOver(path, layer, size); err != nil {
			return
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := block.Size(path); err != nil || got != block.Sectors(size) || got < size {
			t.Errorf("of %d bytes %d are there: %v", size, got, err)
		}
		if untouched, err := block.Untouched(path); err != nil || !untouched {
			t.Errorf("it holds something: %v", err)
		}
		if head := string(raw[:min(len(raw), 1<<16)]); !strings.Contains(head, layer) {
			t.Error("the layer's name isn't in the first cluster")
		}
		if _, err := block.Inspect(path); (err == nil) != (layer == "") {
			t.Errorf("read as the image of a stranger: %v", err)
		}
	})
}
