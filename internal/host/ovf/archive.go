package ovf

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"os"
	"path"
	"strings"
)

// Member is a file in an archive: a stretch of it.
type Member struct {
	Name           string
	Offset, Length int64
}

// mostMembers bounds how many files an archive may hold.
const mostMembers = 256

// IsArchive tells whether a file begins like a tar archive.
func IsArchive(file io.ReaderAt) bool {
	const at = 257 // of the magic (POSIX.1, ustar Interchange Format)
	magic := make([]byte, len("ustar"))
	_, err := file.ReadAt(magic, at)
	return err == nil && string(magic) == "ustar"
}

// IsText tells whether a file begins like an XML document.
func IsText(file io.ReaderAt) bool {
	head := make([]byte, 64)
	n, _ := file.ReadAt(head, 0)
	return bytes.HasPrefix(bytes.TrimLeft(bytes.TrimPrefix(head[:n], []byte("\xef\xbb\xbf")), " \t\r\n"), []byte("<"))
}

// Members lists what an archive (an OVA) holds. Only plain files without a folder may be in it: whoever put in something else is up to something. Nothing is
// unpacked, and the bytes between the headers aren't read.
func Members(file *os.File) (members []Member, err error) {
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	reader, names := tar.NewReader(file), map[string]bool{}
	for {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, archiveRefused("can't be read: it is cut off, or no archive")
		}
		name, err := plainName(header)
		if err != nil {
			return nil, err
		}
		offset, err := file.Seek(0, io.SeekCurrent)
		if err != nil {
			return nil, err
		}
		switch {
		case header.Size < 0, header.Size > info.Size()-offset:
			return nil, archiveRefused("is cut off within %q", name)
		case names[name]:
			return nil, archiveRefused("has %q twice", name)
		case len(members) == mostMembers:
			return nil, archiveRefused("holds more than %d files", mostMembers)
		}
		names[name] = true
		members = append(members, Member{name, offset, header.Size})
	}
	return members, nil
}

// plainName returns the name of a member that is a file like any other.
func plainName(h *tar.Header) (string, error) {
	name := strings.TrimPrefix(h.Name, "./")
	switch {
	case h.Typeflag != tar.TypeReg:
		return "", archiveRefused("holds %q, which is no plain file", brief(errText(h.Name)))
	case name == "" || name != path.Base(name) || name == ".." || name == "." || strings.ContainsAny(name, "/\\\x00"):
		return "", archiveRefused("has a file that is to lie elsewhere: %q", brief(errText(h.Name)))
	}
	for record := range h.PAXRecords {
		if strings.HasPrefix(record, "GNU.sparse") {
			return "", archiveRefused("has %q with holes; pack it anew without them", name)
		}
	}
	return name, nil
}

func archiveRefused(format string, args ...any) error { return refusedAs("archive", format, args...) }
