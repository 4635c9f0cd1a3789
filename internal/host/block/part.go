package block

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"

	"dewpoint/internal/errs"
)

// Part is an image that lies in a file: the whole of it, or a stretch of it, as a member of a tar archive does.
type Part struct {
	Path   string
	Offset int64 // of its first byte; a multiple of 512
	Length int64 // in bytes; 0 for all up to the file's end
}

// Whole is a file that is an image.
func Whole(path string) Part { return Part{Path: path} }

// Open opens the bytes of the part; NotFound when the file is missing, Invalid when it is no regular file, or ends before the part does. The caller closes it.
func (p Part) Open() (*io.SectionReader, io.Closer, error) {
	f, err := os.Open(p.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, errs.Wrap(err, errs.NotFound, "image_missing", "the image's file is missing")
	}
	if err != nil {
		return nil, nil, err
	}
	length, err := p.length(f)
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return io.NewSectionReader(f, p.Offset, length), f, nil
}

// length holds the part against its file.
func (p Part) length(f *os.File) (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	if !info.Mode().IsRegular() {
		return 0, refused("is not a regular file")
	}
	if p.Offset < 0 || p.Length < 0 || p.Offset > info.Size() || p.Length > info.Size()-p.Offset {
		return 0, refused("ends before it should: the file that it lies in is cut off")
	}
	if p.Length == 0 {
		return info.Size() - p.Offset, nil
	}
	return p.Length, nil
}

// blockNode is a node of QEMU's block graph: a driver and what lies under it.
type blockNode struct {
	Driver   Format     `json:"driver"`
	Filename string     `json:"filename,omitempty"`
	Offset   int64      `json:"offset,omitempty"`
	Size     int64      `json:"size,omitempty"`
	Sizing   string     `json:"force_size_calc,omitempty"` // of a VHD
	File     *blockNode `json:"file,omitempty"`
}

// named names the part, which lies at a place of a cage, for qemu-img. A VHD is as long as it says: QEMU would go by the geometry for programs that it doesn't
// know, which rounds down.
func (p Part) named(format Format, place string) (string, error) {
	file := &blockNode{Driver: "file", Filename: place}
	if p.Offset > 0 || p.Length > 0 {
		file = &blockNode{Driver: Raw, Offset: p.Offset, Size: Sectors(p.Length), File: file}
	}
	image := &blockNode{Driver: format, File: file}
	if format == VHD {
		image.Sizing = "current_size"
	}
	text, err := json.Marshal(image)
	return "json:" + string(text), err
}
