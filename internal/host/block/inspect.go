// Package block handles the files that disks are: inspection of untrusted images by reading their headers, and qemu-img for all writes.
// No tool opens an image before Inspect let it pass, and every tool is told the format: nothing is ever probed, because a guest or an
// uploader may have written any header into what is meant to be raw.
package block

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"

	"dewpoint/internal/errs"
)

// Format is how the bytes of an image file are laid out, in qemu-img's words.
type Format string

// The formats that Inspect tells apart and Convert reads.
const (
	Raw   Format = "raw"
	Qcow2 Format = "qcow2"
	VMDK  Format = "vmdk"
	VDI   Format = "vdi"
	VHDX  Format = "vhdx"
	VHD   Format = "vpc" // of Virtual PC, as QEMU calls it
)

// MaxVirtualSize is the biggest disk that an image may claim to hold: 64 TiB, as the contract's disksize.
const MaxVirtualSize = 64 << 40

// Image is what Inspect found.
type Image struct {
	Format      Format
	VirtualSize int64 // bytes that a guest would see
	FileSize    int64 // bytes of the file itself
	ISO         bool  // holds an ISO 9660 file system: a CD or DVD (hybrid ones also begin like a disk)
}

// headBytes is how much of the file's begin is read: the ISO descriptor at 32 KiB lies farthest in.
const headBytes = 34 << 10

// Inspect reads the headers of an image that nobody has vouched for. It refuses, with errs.Invalid, what reaches outside the file
// (backing files, external data, extents), what is encrypted, and what lies about its size.
func Inspect(path string) (Image, error) { return Whole(path).Inspect() }

// Inspect is Inspect of an image that needn't be a whole file.
func (p Part) Inspect() (Image, error) {
	bytes, file, err := p.Open()
	if err != nil {
		return Image{}, err
	}
	defer file.Close()
	return inspect(bytes, bytes.Size())
}

func inspect(file io.ReaderAt, size int64) (Image, error) {
	head := make([]byte, min(size, headBytes))
	if _, err := file.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return Image{}, err
	}
	img := Image{FileSize: size}
	var err error
	switch {
	case bytes.HasPrefix(head, []byte("QFI\xfb")):
		img.Format = Qcow2
		img.VirtualSize, err = inspectQcow2(head, size)
	case bytes.HasPrefix(head, []byte("KDMV")):
		img.Format = VMDK
		img.VirtualSize, err = inspectVMDK(file, head, size)
	case at(head, 0x40, 4) != nil && binary.LittleEndian.Uint32(head[0x40:]) == 0xbeda107f:
		img.Format = VDI
		img.VirtualSize, err = inspectVDI(head)
	case bytes.HasPrefix(head, []byte("vhdxfile")):
		img.Format = VHDX // its size stands deep inside; qemu-img reads it, and refuses VHDX with parents
	case foreign(head) != "":
		return Image{}, refused("is of the format %s, which can't be imported; convert it to qcow2 or raw", foreign(head))
	case hasFooter(file, size), bytes.HasPrefix(head, []byte(vhd)):
		img.Format = VHD
		img.VirtualSize, err = inspectVHD(file, head, size)
	default:
		img.Format, img.VirtualSize = Raw, size
		img.ISO = bytes.Equal(at(head, 0x8001, 5), []byte("CD001"))
	}
	if err != nil {
		return Image{}, err
	}
	if img.VirtualSize < 0 || img.VirtualSize > MaxVirtualSize {
		return Image{}, refused("claims a size above 64 TiB")
	}
	return img, nil
}

// foreign names a format that is known and not taken, or "".
func foreign(head []byte) string {
	for magic, name := range map[string]string{
		"# Disk DescriptorFile": "VMDK with separate extents", "COWD": "VMDK 3", "QED\x00": "QED",
		"LUKS\xba\xbe": "LUKS", "WithoutFreeSpace": "Parallels", "WithouFreSpacExt": "Parallels",
	} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return name
		}
	}
	return ""
}

// at returns n bytes of b from offset, or nil when b ends before.
func at(b []byte, offset, n int) []byte {
	if len(b) < offset+n {
		return nil
	}
	return b[offset : offset+n]
}

func refused(format string, args ...any) error {
	return errs.New(errs.Invalid, "image_refused", "the image "+format, args...).On("media_source")
}
