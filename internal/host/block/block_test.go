package block_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"dewpoint/internal/errs"
	"dewpoint/internal/host/block"
)

func qemuImg(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "qemu-img", args...).CombinedOutput(); err != nil {
		t.Fatalf("qemu-img %v: %v\n%s", args, err, out)
	}
}

func needTool(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("qemu-img"); err == nil {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("qemu-img is missing")
	}
	t.Skip("qemu-img is missing")
}

func TestInspectKnowsFormats(t *testing.T) {
	t.Parallel()
	needTool(t)
	dir := t.TempDir()
	for _, format := range []block.Format{block.Raw, block.Qcow2, block.VMDK, block.VDI, block.VHDX} {
		path := filepath.Join(dir, string(format))
		qemuImg(t, "create", "-q", "-f", string(format), path, "8M")
		img, err := block.Inspect(path)
		if err != nil || img.Format != format {
			t.Errorf("%s: %+v, %v", format, img, err)
		}
		if format != block.VHDX && img.VirtualSize != 8<<20 {
			t.Errorf("%s: virtual size %d, want 8 MiB", format, img.VirtualSize)
		}
	}
	extended := filepath.Join(dir, "extended")
	qemuImg(t, "create", "-q", "-f", "qcow2", "-o", "extended_l2=on,cluster_size=128k", extended, "1T")
	if img, err := block.Inspect(extended); err != nil || img.VirtualSize != 1<<40 {
		t.Errorf("extended L2: %+v, %v", img, err)
	}
}

func TestInspectFindsISO(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "iso")
	content := make([]byte, 40<<10)
	copy(content[0x8000:], "\x01CD001\x01")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if img, err := block.Inspect(path); err != nil || !img.ISO || img.Format != block.Raw {
		t.Errorf("Inspect = %+v, %v; want an ISO", img, err)
	}
}

// TestInspectRefuses forges headers of a good image, one field at a time.
func TestInspectRefuses(t *testing.T) {
	t.Parallel()
	needTool(t)
	dir := t.TempDir()
	good := filepath.Join(dir, "good")
	qemuImg(t, "create", "-q", "-f", "qcow2", good, "8M")
	content, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	forge := func(offset int, value any) []byte {
		var b bytes.Buffer
		if err := binary.Write(&b, binary.BigEndian, value); err != nil {
			t.Fatal(err)
		}
		forged := bytes.Clone(content)
		copy(forged[offset:], b.Bytes())
		return forged
	}
	linked := filepath.Join(dir, "linked")
	qemuImg(t, "create", "-q", "-f", "qcow2", "-b", good, "-F", "qcow2", linked)
	outside := filepath.Join(dir, "outside")
	qemuImg(t, "create", "-q", "-f", "qcow2", "-o", "data_file="+filepath.Join(dir, "data"), outside, "8M")
	parent := filepath.Join(dir, "parent.vmdk")
	qemuImg(t, "create", "-q", "-f", "vmdk", parent, "8M")
	child := filepath.Join(dir, "child.vmdk")
	qemuImg(t, "create", "-q", "-f", "vmdk", "-b", parent, "-F", "vmdk", child)

	cases := []struct {
		name, text string
		content    []byte
		path       string
	}{
		{name: "backing file", text: "backing file", path: linked},
		{name: "external data file", text: "another file", path: outside},
		{name: "VMDK parent", text: "parent", path: child},
		{name: "size lie", text: "more than its tables", content: forge(24, uint64(1<<40))},
		{name: "huge size", text: "64 TiB", content: forge(24, uint64(1<<62))},
		{name: "L1 table beyond the end", text: "beyond the end", content: forge(40, uint64(1<<40))},
		{name: "huge L1 table", text: "beyond the end", content: forge(36, uint32(1<<31))},
		{name: "cluster bits", text: "clusters", content: forge(20, uint32(63))},
		{name: "encrypted", text: "encrypted", content: forge(32, uint32(2))},
		{name: "unknown feature", text: "not known", content: forge(72, uint64(1<<40))},
		{name: "version", text: "version 9", content: forge(4, uint32(9))},
		{name: "cut off", text: "cut off", content: content[:20]},
		{name: "descriptor", text: "VMDK", content: []byte("# Disk DescriptorFile\nRW 1 FLAT \"/etc/shadow\" 0\n")},
		{name: "LUKS", text: "LUKS", content: []byte("LUKS\xba\xbe\x00\x01")},
	}
	for _, c := range cases {
		path := c.path
		if path == "" {
			path = filepath.Join(t.TempDir(), "image")
			if err := os.WriteFile(path, c.content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		_, err := block.Inspect(path)
		if !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: error %v, want a refusal with %q", c.name, err, c.text)
		}
	}
	if _, err := block.Inspect(filepath.Join(dir, "missing")); !errs.Is(err, errs.NotFound) {
		t.Errorf("missing file: error %v", err)
	}
	if _, err := block.Inspect(dir); !errs.Is(err, errs.Invalid) {
		t.Errorf("a folder: error %v", err)
	}
}

func TestCreateConvertResize(t *testing.T) {
	t.Parallel()
	needTool(t)
	ctx, dir := t.Context(), t.TempDir()
	raw, disk, empty := filepath.Join(dir, "raw"), filepath.Join(dir, "disk"), filepath.Join(dir, "empty")
	content := bytes.Repeat([]byte("dewpoint"), 1<<19)
	if err := os.WriteFile(raw, content, 0o600); err != nil {
		t.Fatal(err)
	}
	var last float64
	if err := block.Convert(ctx, raw, block.Raw, disk, func(p float64) { last = p }); err != nil || last != 100 {
		t.Fatalf("Convert: %v, progress ended at %v%%", err, last)
	}
	back := filepath.Join(dir, "back")
	qemuImg(t, "convert", "-f", "qcow2", "-O", "raw", disk, back)
	if got, err := os.ReadFile(back); err != nil || !bytes.Equal(got, content) {
		t.Errorf("the converted image holds other bytes (%v)", err)
	}
	if err := block.Resize(ctx, disk, 32<<20); err != nil {
		t.Fatal(err)
	}
	if err := block.Resize(ctx, disk, 1<<20); err == nil {
		t.Error("Resize shrank an image")
	}
	if d, err := block.Info(ctx, disk, block.Qcow2); err != nil || d.VirtualSize != 32<<20 || d.ActualSize < 4<<20 {
		t.Errorf("Info = %+v, %v; want 32 MiB, of which 4 are used", d, err)
	}
	if err := block.Create(empty, 1<<30); err != nil {
		t.Fatal(err)
	}
	if used, err := block.Used(empty); err != nil || used <= 0 || used > 1<<20 {
		t.Errorf("an empty 1 GiB disk takes %d bytes (%v)", used, err)
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if err := block.Convert(cancelled, raw, block.Raw, filepath.Join(dir, "x"), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("Convert with an ended context: %v", err)
	}
}

func FuzzInspect(f *testing.F) {
	f.Add([]byte("QFI\xfb\x00\x00\x00\x03"))
	f.Add([]byte("KDMV"))
	f.Add(bytes.Repeat([]byte{0x7f}, 600))
	f.Add(append([]byte("conectix"), make([]byte, 600)...))
	f.Fuzz(func(t *testing.T, content []byte) {
		path := filepath.Join(t.TempDir(), "image")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if img, err := block.Inspect(path); err == nil && img.FileSize != int64(len(content)) {
			t.Errorf("%+v of %d bytes", img, len(content))
		}
	})
}

// TestVHD: of a fixed VHD only the last sector tells, which is no part of the disk.
func TestVHD(t *testing.T) {
	t.Parallel()
	needTool(t)
	dir := t.TempDir()
	for _, kind := range []string{"fixed", "dynamic"} {
		path := filepath.Join(dir, kind)
		qemuImg(t, "create", "-q", "-f", "vpc", "-o", "subformat="+kind+",force_size=on", path, "2M")
		if img, err := block.Inspect(path); err != nil || img.Format != block.VHD || img.VirtualSize != 2<<20 {
			t.Errorf("a %s VHD is %+v, %v", kind, img, err)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		forge := func(offset int, bytes ...byte) []byte {
			forged := append([]byte(nil), content...)
			for _, footer := range []int{0, len(content) - 512} {
				if string(forged[footer:footer+8]) == "conectix" {
					copy(forged[footer+offset:], bytes)
				}
			}
			return forged
		}
		for what, forged := range map[string][]byte{
			"a parent": forge(60, 0, 0, 0, 4), "8 EiB": forge(48, 0x7f), "more than there is": forge(48, 0, 0, 0, 1), "cut off": content[len(content)-1024:],
			"a header far off": forge(16, 0x7f, 0, 0, 0),
		} {
			if what == "a header far off" && kind == "fixed" {
				continue
			}
			if err := os.WriteFile(path, forged, 0o600); err != nil {
				t.Fatal(err)
			}
			if img, err := block.Inspect(path); !errs.Is(err, errs.Invalid) {
				t.Errorf("a %s VHD with %s is %+v, %v", kind, what, img, err)
			}
		}
	}
	for _, size := range []int{0, 8, 511, 512, 1024} { // files that are too short for a footer, or have none
		path := filepath.Join(dir, "raw")
		if err := os.WriteFile(path, make([]byte, size), 0o600); err != nil {
			t.Fatal(err)
		}
		if img, err := block.Inspect(path); err != nil || img.Format != block.Raw || img.VirtualSize != int64(size) {
			t.Errorf("a raw file of %d bytes is %+v, %v", size, img, err)
		}
	}
}

// TestResizeRoundsUp: a disk has whole sectors, whatever size it is asked for.
func TestResizeRoundsUp(t *testing.T) {
	t.Parallel()
	needTool(t)
	path := filepath.Join(t.TempDir(), "disk")
	if err := block.Create(path, 1<<20+1); err != nil {
		t.Fatal(err)
	}
	for _, size := range []int64{1 << 20, 2<<20 + 1} {
		if size == 2<<20+1 {
			if err := block.Resize(t.Context(), path, size); err != nil {
				t.Fatal(err)
			}
		}
		if img, err := block.Inspect(path); err != nil || img.VirtualSize != size/512*512+512 {
			t.Errorf("asked for %d bytes the disk has %d, %v", size, img.VirtualSize, err)
		}
	}
}
