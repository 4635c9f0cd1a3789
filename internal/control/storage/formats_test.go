package storage_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"dewpoint/internal/operation"
	"dewpoint/internal/schema"
)

// tool runs qemu-img.
func tool(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "qemu-img", args...).CombinedOutput(); err != nil {
		t.Fatalf("qemu-img %v: %v\n%s", args, err, out)
	}
}

// whole makes an uploaded file that is complete.
func (p *pool) whole(content []byte) int64 {
	p.t.Helper()
	file := p.media(content)
	p.set("files", file, schema.Set{"complete": schema.BoolValue(true), "filesize": schema.IntValue(int64(len(content)))})
	return file
}

// formats are what disks are imported from, as qemu-img makes them.
var formats = map[string][]string{
	"raw": {"-O", "raw"}, "qcow2": {"-O", "qcow2"}, "qcow2 compressed": {"-c", "-O", "qcow2"}, "vdi": {"-O", "vdi"}, "vhdx": {"-O", "vhdx"},
	"vmdk": {"-O", "vmdk"}, "vmdk stream": {"-O", "vmdk", "-o", "subformat=streamOptimized"},
	"vhd": {"-O", "vpc", "-o", "force_size=on"}, "vhd fixed": {"-O", "vpc", "-o", "subformat=fixed,force_size=on"},
}

// TestImportOfEveryFormat: the disk holds what the file did.
func TestImportOfEveryFormat(t *testing.T) {
	t.Parallel()
	p := newPool(t)
	dir, content := t.TempDir(), noise(3)
	copy(content[mib:], make([]byte, mib)) // and a hole
	raw := filepath.Join(dir, "content")
	if err := os.WriteFile(raw, content, 0o600); err != nil {
		t.Fatal(err)
	}
	drives := map[string]int64{}
	for name, args := range formats {
		image := filepath.Join(dir, name)
		tool(t, append(append([]string{"convert", "-f", "raw"}, args...), raw, image)...)
		bytes, err := os.ReadFile(image)
		if err != nil {
			t.Fatal(err)
		}
		drives[name] = p.drive("import", 0, p.whole(bytes))
	}
	p.start()
	for name, drive := range drives {
		p.awaitReady(drive)
		p.holds(name, drive, content)
	}
}

// TestHostileImports: nothing is made of an image that reaches for other files, lies about its size or is cut off; the operation has failed for good, and says
// why. What it reaches for is in no file of ours.
func TestHostileImports(t *testing.T) {
	t.Parallel()
	p := newPool(t)
	dir := t.TempDir()
	canary := bytes.Repeat([]byte("this belongs to the host alone\n"), 4096)
	secret := filepath.Join(dir, "secret")
	if err := os.WriteFile(secret, canary, 0o644); err != nil {
		t.Fatal(err)
	}
	drives := map[string]int64{}
	for name, image := range hostileImages(t, dir, secret) {
		drives[name] = p.drive("import", 0, p.whole(image))
	}
	p.start()
	for name, drive := range drives {
		p.await(name+" has ended", func() bool { return p.imported(drive).Ended != 0 })
		if row := p.imported(drive); row.Status != operation.Failed || row.StatusInfo == "" || strings.Contains(row.StatusInfo, dir) {
			t.Errorf("%s: the import is %s (%s)", name, row.Status, row.StatusInfo)
		}
		p.await(name+" is told", func() bool { return p.status(drive).Status == "error" })
	}
	if left := p.pooled(); len(left) != 0 {
		t.Errorf("left in the pool: %v", left)
	}
	media, err := filepath.Glob(filepath.Join(p.dir, "*", "*"))
	if err != nil || len(media) < len(drives) {
		t.Fatal(media, err)
	}
	for _, path := range media {
		if content, err := os.ReadFile(path); err == nil && bytes.Contains(content, canary[:64]) {
			t.Errorf("%s has bytes of the host's file", path)
		}
	}
}

// hostileImages are images that reach for the secret, or lie.
func hostileImages(t *testing.T, dir, secret string) map[string][]byte {
	t.Helper()
	read := func(name string) []byte {
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return content
	}
	made := func(name string, args ...string) []byte {
		tool(t, append(append([]string{"create", "-q"}, args...), filepath.Join(dir, name))...)
		return read(name)
	}
	forged := func(image []byte, offset int, bytes ...byte) []byte {
		image = append([]byte(nil), image...)
		copy(image[offset:], bytes)
		return image
	}
	plain := func(format string) []byte {
		path := filepath.Join(dir, "plain."+format)
		if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
			tool(t, "create", "-q", "-f", format, path, "8M")
		}
		return read("plain." + format)
	}
	images := map[string][]byte{
		"a backing file":          made("backed", "-f", "qcow2", "-b", secret, "-F", "raw"),
		"a backing file in json":  made("json", "-f", "qcow2", "-u", "-b", `json:{"driver":"file","filename":"`+secret+`"}`, "-F", "raw", "-o", "size=1M"),
		"a chain that is a ring":  made("ring", "-f", "qcow2", "-u", "-F", "qcow2", "-b", "ring", "-o", "size=1M"),
		"a VMDK parent":           vmdkChild(t, dir),
		"extents that are host's": []byte("# Disk DescriptorFile\nversion=1\nCID=1\nparentCID=ffffffff\ncreateType=\"monolithicFlat\"\nRW 64 FLAT \"" + secret + "\" 0\n"),
		"8 EiB, qcow2":            forged(plain("qcow2"), 24, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe, 0),
		"8 EiB, vdi":              forged(plain("vdi"), 0x170, 0, 0, 0, 0, 0, 0, 0, 0x7f),
		"8 EiB, vmdk":             forged(plain("vmdk"), 12, 0, 0, 0, 0, 0, 0, 0x40, 0),
		"8 EiB, vhd":              forged(forged(plain("vpc"), 48, 0x7f), len(plain("vpc"))-512+48, 0x7f),
	}
	data := filepath.Join(dir, "outside")
	tool(t, "create", "-q", "-f", "qcow2", "-o", "data_file="+filepath.Join(dir, "data"), data, "1M")
	if err := os.WriteFile(filepath.Join(dir, "data"), []byte("this belongs to the host alone\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	images["data that lie elsewhere"] = read("outside")
	for format, cut := range map[string]int{"qcow2": 60, "vmdk": 300, "vdi": 0x172, "vhdx": 300, "vpc": 300} {
		images["cut in the header, "+format] = plain(format)[:cut]
	}
	for _, format := range []string{"qcow2", "vmdk", "vhdx", "vpc"} {
		images["noise behind the magic, "+format] = append(append([]byte(nil), plain(format)[:8]...), noise(1)[:64<<10]...)
	}
	deep := binary.BigEndian.AppendUint32(nil, 1<<31) // a table that is beyond all bounds
	images["a huge table"] = forged(plain("qcow2"), 36, deep...)
	return images
}

func vmdkChild(t *testing.T, dir string) []byte {
	t.Helper()
	parent, child := filepath.Join(dir, "parent.vmdk"), filepath.Join(dir, "child.vmdk")
	tool(t, "create", "-q", "-f", "vmdk", parent, "8M")
	tool(t, "create", "-q", "-f", "vmdk", "-b", parent, "-F", "vmdk", child)
	content, err := os.ReadFile(child)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
