package block

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"

	"github.com/lima-vm/go-qcow2reader/image/qcow2"
	"golang.org/x/sys/unix"

	"dewpoint/internal/errs"
)

// The layout of the qcow2 images that hold nothing yet, which is the one that qemu-img makes (QEMU's docs/interop/qcow2.txt). One cluster each for header,
// refcount table and refcount block; the first table behind them.
const (
	clusterBits  = 16
	clusterSize  = 1 << clusterBits
	refcountSize = 16 // bits
	headerLength = 112
	mostLayer    = 1023 // bytes of a layer's name
	backedFormat = 0xe2792aca
)

// emptyHead is the header of an image, as its fields lie in the file.
type emptyHead struct {
	qcow2.HeaderFieldsV2
	Incompatible, Compatible, Autoclear uint64
	RefcountOrder, HeaderLength         uint32
	Compression                         [8]byte // zlib
}

// tableEntries is how long the first table of a disk is: each entry maps 8192 clusters.
func tableEntries(size int64) int64 {
	const mapped = clusterSize * (clusterSize / 8)
	return (size + mapped - 1) / mapped
}

// headerOf makes the header of an image of size bytes over a layer, "" for none. The layer is a name for people; nothing opens it by that.
func headerOf(layer string, size int64) ([]byte, error) {
	if size < 0 || size > MaxVirtualSize || size%512 != 0 || len(layer) > mostLayer || bytes.ContainsRune([]byte(layer), 0) {
		return nil, errors.New("no qcow2 image can have such a size, or such a name beneath it")
	}
	h := emptyHead{RefcountOrder: 4, HeaderLength: headerLength}
	copy(h.Magic[:], qcow2.Magic)
	h.Version, h.ClusterBits, h.Size = 3, clusterBits, uint64(size)
	h.RefcountTableOffset, h.RefcountTableClusters = clusterSize, 1
	h.L1Size, h.L1TableOffset = uint32(tableEntries(size)), 3*clusterSize
	var extensions bytes.Buffer
	if layer != "" {
		word := string(Qcow2)
		extensions.Write(binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, backedFormat), uint32(len(word))))
		extensions.WriteString(word + "\x00\x00\x00") // to a multiple of eight
	}
	extensions.Write(make([]byte, 8)) // their end
	if layer != "" {
		h.BackingFileOffset, h.BackingFileSize = uint64(headerLength+extensions.Len()), uint32(len(layer))
	}
	var out bytes.Buffer
	if err := binary.Write(&out, binary.BigEndian, h); err != nil {
		return nil, err
	}
	out.Write(extensions.Bytes())
	out.WriteString(layer)
	return out.Bytes(), nil
}

// createEmpty makes an image at a path where nothing is. A new process for each would cost more than the image.
func createEmpty(path, layer string, size int64) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return full(err)
	}
	return errors.Join(writeEmpty(f, layer, Sectors(size)), f.Close())
}

// blank is a new file.
type blank interface {
	io.WriterAt
	Truncate(size int64) error
}

// writeEmpty makes an image of size bytes over a layer of a file that is empty.
func writeEmpty(file blank, layer string, size int64) error {
	head, err := headerOf(layer, size)
	if err != nil {
		return err
	}
	table := 8 * tableEntries(size)
	clusters := 3 + (table+clusterSize-1)/clusterSize
	counts := make([]byte, clusters*refcountSize/8)
	for i := range clusters {
		binary.BigEndian.PutUint16(counts[2*i:], 1)
	}
	for at, what := range map[int64][]byte{0: head, clusterSize: binary.BigEndian.AppendUint64(nil, 2*clusterSize), 2 * clusterSize: counts} {
		if _, err := file.WriteAt(what, at); err != nil {
			return full(err)
		}
	}
	return full(file.Truncate(3*clusterSize + table))
}

// full tells the errors of a file system that has no room.
func full(err error) error {
	if errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) {
		return errs.Wrap(err, errs.Full, "pool_full", "there is no space left for the disk")
	}
	return err
}
