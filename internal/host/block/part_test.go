package block_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"dewpoint/internal/errs"
	"dewpoint/internal/host/block"
)

// TestPart reads an image that lies within a file, as a member of a tar archive does, in place: every format, and nothing of what lies around it.
func TestPart(t *testing.T) {
	t.Parallel()
	needTool(t)
	dir := t.TempDir()
	raw, content := filepath.Join(dir, "raw"), bytes.Repeat([]byte("0123456789abcdef"), 1<<17)
	if err := os.WriteFile(raw, content, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{
		"raw": {"-O", "raw"}, "qcow2": {"-O", "qcow2"}, "vmdk": {"-O", "vmdk"}, "vdi": {"-O", "vdi"}, "vhdx": {"-O", "vhdx"},
		"vmdk stream": {"-O", "vmdk", "-o", "subformat=streamOptimized"},
		"vhd":         {"-O", "vpc", "-o", "force_size=on"}, "vhd fixed": {"-O", "vpc", "-o", "subformat=fixed,force_size=on"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			image, archive, disk, back := filepath.Join(dir, "image"), filepath.Join(dir, "archive"), filepath.Join(dir, "disk"), filepath.Join(dir, "back")
			qemuImg(t, append(append([]string{"convert", "-f", "raw"}, args...), raw, image)...)
			bytes, err := os.ReadFile(image)
			if err != nil {
				t.Fatal(err)
			}
			around := make([]byte, 1024)
			copy(around, "QFI\xfb what lies around is no image")
			padding := make([]byte, (512-len(bytes)%512)%512)
			all := append(append(append(append([]byte(nil), around...), bytes...), padding...), around...)
			if err := os.WriteFile(archive, all, 0o600); err != nil {
				t.Fatal(err)
			}
			part := block.Part{Path: archive, Offset: int64(len(around)), Length: int64(len(bytes))}
			img, err := part.Inspect()
			if err != nil || img.FileSize != int64(len(bytes)) {
				t.Fatalf("%+v, %v", img, err)
			}
			if err := part.Convert(t.Context(), img.Format, disk, nil); err != nil {
				t.Fatal(err)
			}
			qemuImg(t, "compare", "-f", "raw", "-F", "qcow2", raw, disk)
			if err := block.Convert(t.Context(), image, img.Format, back, nil); err != nil {
				t.Fatal(err)
			}
			qemuImg(t, "compare", "-f", "raw", "-F", "qcow2", raw, back)
		})
	}
	for _, p := range []block.Part{
		{Path: raw, Offset: 1 << 30}, {Path: raw, Length: 1 << 30}, {Path: raw, Offset: -512}, {Path: raw, Offset: 512, Length: 1<<63 - 1},
	} {
		if img, err := p.Inspect(); !errs.Is(err, errs.Invalid) {
			t.Errorf("%+v is %+v, %v", p, img, err)
		}
	}
}
