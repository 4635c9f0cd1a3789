package block

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"

	"github.com/lima-vm/go-qcow2reader/image/qcow2"
)

// inspectQcow2 checks a qcow2 header (QEMU's docs/interop/qcow2.txt). go-qcow2reader gives the layout only: its Open would follow the
// backing file of the very images that are refused here.
func inspectQcow2(head []byte, fileSize int64) (int64, error) {
	var h qcow2.HeaderFieldsV2
	reader := bytes.NewReader(head)
	if err := binary.Read(reader, binary.BigEndian, &h); err != nil {
		return 0, refused("has a qcow2 header that is cut off")
	}
	switch {
	case h.Version != 2 && h.Version != 3:
		return 0, refused("is qcow2 of version %d, which is not known", h.Version)
	case h.BackingFileOffset != 0 || h.BackingFileSize != 0:
		return 0, refused("refers to a backing file; flatten it first (qemu-img convert)")
	case h.CryptMethod != qcow2.CryptMethodNone:
		return 0, refused("is encrypted")
	case h.ClusterBits < 9 || h.ClusterBits > 21:
		return 0, refused("has clusters of 2^%d bytes, outside of what qcow2 allows", h.ClusterBits)
	case h.Size > MaxVirtualSize:
		return 0, refused("claims a size above 64 TiB")
	case outside(h.L1TableOffset, uint64(h.L1Size)*8, fileSize), outside(h.SnapshotsOffset, uint64(h.NbSnapshots), fileSize),
		outside(h.RefcountTableOffset, uint64(h.RefcountTableClusters)<<h.ClusterBits, fileSize):
		return 0, refused("has tables beyond the end of its file: it is cut off or forged")
	}
	// One L1 entry maps cluster/8 clusters (cluster/16 with extended entries): a size that the table can't map is a lie.
	entries := (h.Size >> h.ClusterBits) >> (h.ClusterBits - 3)
	if uint64(h.L1Size) < entries {
		return 0, refused("claims %d bytes, more than its tables can map", h.Size)
	}
	if h.Version == 3 {
		var v3 qcow2.HeaderFieldsV3
		if err := binary.Read(reader, binary.BigEndian, &v3); err != nil {
			return 0, refused("has a qcow2 header that is cut off")
		}
		const known = 1<<qcow2.IncompatibleFeaturesDirtyBit | 1<<qcow2.IncompatibleFeaturesCompressionTypeBit |
			1<<qcow2.IncompatibleFeaturesExtendedL2EntriesBit
		if uint64(v3.IncompatibleFeatures)&(1<<qcow2.IncompatibleFeaturesExternalDataFileBit) != 0 {
			return 0, refused("keeps its data in another file")
		}
		if uint64(v3.IncompatibleFeatures)&^known != 0 {
			return 0, refused("is marked corrupt or needs qcow2 features that are not known")
		}
	}
	return int64(h.Size), nil
}

// outside reports whether length bytes from offset are not all within a file.
func outside(offset, length uint64, fileSize int64) bool {
	return offset > uint64(fileSize) || length > uint64(fileSize)-offset
}

// inspectVMDK checks a sparse VMDK (VMware's "Virtual Disk Format 1.1"). Without a capacity in the header QEMU would take the embedded
// descriptor's word for where the data lie, and a parent is named there too.
func inspectVMDK(file io.ReaderAt, head []byte, fileSize int64) (int64, error) {
	const sector, maxDescriptor = 512, 1 << 20
	if at(head, 0, sector) == nil {
		return 0, refused("has a VMDK header that is cut off")
	}
	capacity := binary.LittleEndian.Uint64(head[12:])
	offset, sectors := binary.LittleEndian.Uint64(head[28:]), binary.LittleEndian.Uint64(head[36:])
	if capacity == 0 || capacity > MaxVirtualSize/sector {
		return 0, refused("is VMDK without a usable size in its header")
	}
	if sectors > maxDescriptor/sector || offset > math.MaxInt64/sector || outside(offset*sector, sectors*sector, fileSize) {
		return 0, refused("has a VMDK descriptor beyond the end of its file")
	}
	descriptor := make([]byte, sectors*sector)
	if _, err := file.ReadAt(descriptor, int64(offset*sector)); err != nil && err != io.EOF {
		return 0, err
	}
	if bytes.Contains(bytes.ToLower(descriptor), []byte("parentfilenamehint")) {
		return 0, refused("refers to a parent disk; flatten it first")
	}
	return int64(capacity * sector), nil
}

// inspectVDI reads the size from a VirtualBox header; differencing images (type 4) need a parent.
func inspectVDI(head []byte) (int64, error) {
	if at(head, 0x170, 8) == nil {
		return 0, refused("has a VDI header that is cut off")
	}
	if kind := binary.LittleEndian.Uint32(head[0x4c:]); kind != 1 && kind != 2 {
		return 0, refused("is a VDI of a kind that needs another file")
	}
	size := binary.LittleEndian.Uint64(head[0x170:])
	if size > MaxVirtualSize {
		return 0, refused("claims a size above 64 TiB")
	}
	return int64(size), nil
}
