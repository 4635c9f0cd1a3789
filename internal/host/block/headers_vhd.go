package block

import (
	"encoding/binary"
	"errors"
	"io"
)

// vhd begins the footer of a VHD, and a copy of it at the begin of a dynamic one.
const vhd = "conectix"

// footerBytes is how long the footer is.
const footerBytes = 512

// hasFooter reports whether a file ends with the footer of a VHD. Of a fixed one nothing else tells: a disk that is made of all its bytes would have a sector
// too many.
func hasFooter(file io.ReaderAt, size int64) bool {
	end := make([]byte, len(vhd))
	_, err := file.ReadAt(end, size-footerBytes)
	return size >= footerBytes && err == nil && string(end) == vhd
}

// The kinds of VHD that need no other file ("Virtual Hard Disk Image Format Specification", Hard Disk Footer Format).
const (
	vhdFixed   = 2
	vhdDynamic = 3
)

// inspectVHD reads the footer, or its copy at the begin.
func inspectVHD(file io.ReaderAt, head []byte, fileSize int64) (int64, error) {
	if fileSize < footerBytes {
		return 0, refused("has a VHD footer that is cut off")
	}
	footer := at(head, 0, footerBytes)
	if footer == nil || string(footer[:len(vhd)]) != vhd {
		footer = make([]byte, footerBytes)
		if _, err := file.ReadAt(footer, fileSize-footerBytes); err != nil && !errors.Is(err, io.EOF) {
			return 0, err
		}
	}
	size := binary.BigEndian.Uint64(footer[48:])
	if size > MaxVirtualSize {
		return 0, refused("claims a size above 64 TiB")
	}
	switch kind := binary.BigEndian.Uint32(footer[60:]); kind {
	case vhdFixed:
		if outside(0, size, fileSize) {
			return 0, refused("is a VHD that is cut off: it claims %d bytes", size)
		}
	case vhdDynamic:
		if err := inspectBlocks(file, binary.BigEndian.Uint64(footer[16:]), size, fileSize); err != nil {
			return 0, err
		}
	default:
		return 0, refused("is a VHD of a kind that needs another file")
	}
	return int64(size), nil
}

// inspectBlocks checks the header of a dynamic VHD: the table of its blocks must lie in the file and map the whole disk.
func inspectBlocks(file io.ReaderAt, offset, size uint64, fileSize int64) error {
	const length, least, most = 1024, 512, 256 << 20
	if outside(offset, length, fileSize) {
		return refused("is a VHD with a header beyond the end of its file")
	}
	header := make([]byte, length)
	if _, err := file.ReadAt(header, int64(offset)); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	table, entries, block := binary.BigEndian.Uint64(header[16:]), uint64(binary.BigEndian.Uint32(header[28:])), uint64(binary.BigEndian.Uint32(header[32:]))
	switch {
	case string(header[:8]) != "cxsparse":
		return refused("is a VHD without the header of its blocks")
	case block < least || block > most || block&(block-1) != 0:
		return refused("is a VHD with blocks of %d bytes", block)
	case outside(table, entries*4, fileSize):
		return refused("has tables beyond the end of its file: it is cut off or forged")
	case entries < (size+block-1)/block:
		return refused("claims %d bytes, more than its tables can map", size)
	}
	return nil
}
