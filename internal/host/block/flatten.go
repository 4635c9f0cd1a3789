package block

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"slices"

	"github.com/lima-vm/go-qcow2reader/image/qcow2"

	"dewpoint/internal/host/child"
)

// Flatten copies what the first of the layers reads as, with the others beneath it, into a new qcow2 image at to, of size bytes or as long as the
// first layer. The path must not exist. progress is told percentages as they grow. Guests may be reading the layers. When ctx ends the process is killed
// and the half-made file stays for the caller.
func Flatten(ctx context.Context, layers []string, to string, size int64, progress func(percent float64)) error {
	return Export(ctx, layers, to, Qcow2, size, progress)
}

// StreamVMDK is VMDK as archives have it: compressed, and written from begin to end.
const StreamVMDK Format = "vmdk,streamOptimized"

// outputs are the arguments by which qemu-img writes a format.
var outputs = map[Format][]string{
	StreamVMDK: {"-O", "vmdk", "-o", "subformat=streamOptimized"},
	VHD:        {"-O", "vpc", "-o", "force_size=on"},
}

// Export is Flatten into a file of any format.
func Export(ctx context.Context, layers []string, to string, format Format, size int64, progress func(percent float64)) error {
	if len(layers) == 0 {
		return errors.New("there is no layer to copy")
	}
	name, files, err := stack(child.File{Path: layers[0], At: inputPlace}, layers[1:]...)
	if err != nil {
		return err
	}
	var groups []uint32
	for i := range files {
		files[i].Writable = false
		group, err := show(files[i].Path)
		if err != nil {
			return err
		}
		if !slices.Contains(groups, group) {
			groups = append(groups, group)
		}
	}
	output := outputs[format]
	if output == nil {
		output = []string{"-O", string(format)}
	}
	const rounding = 64 << 20 // a format's last block may be longer than what it holds, in VHDX by 32 MiB
	return writeNew(to, func(disk child.File) error {
		c := cage(size+rounding, append(files, disk)...)
		c.Groups = groups
		_, err := qemuImg(ctx, c, &progressReader{tell: progress}, append(append([]string{"convert", "-p"}, output...), name, disk.At)...)
		return err
	})
}

// mostL1 bounds the first table of a disk of ours: one entry stands for 512 MiB.
const mostL1 = MaxVirtualSize >> 29

// Untouched reports whether a disk of ours holds nothing of its own: all is as in what lies beneath it. No guest may use it meanwhile.
func Untouched(path string) (bool, error) {
	f, err := openImage(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	var h qcow2.HeaderFieldsV2
	head := make([]byte, binary.Size(h))
	if _, err := f.ReadAt(head, 0); err != nil {
		return false, errors.Join(refused("has a qcow2 header that is cut off"), err)
	}
	if err := binary.Read(bytes.NewReader(head), binary.BigEndian, &h); err != nil || !bytes.HasPrefix(head, []byte("QFI\xfb")) || h.L1Size > mostL1 {
		return false, errors.Join(refused("is no qcow2 of ours"), err)
	}
	table := make([]byte, 8*int64(h.L1Size))
	if _, err := f.ReadAt(table, int64(h.L1TableOffset)); err != nil {
		return false, errors.Join(refused("has a table that is cut off"), err)
	}
	return len(bytes.Trim(table, "\x00")) == 0, nil
}
