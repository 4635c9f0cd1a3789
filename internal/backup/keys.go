package backup

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// key is a file of the data directory that goes into a backup.
type key struct {
	name string
	mode fs.FileMode
	// always: the file belongs to the rows, and one that is there is moved aside; else the one that is there stays.
	always bool
}

var keys = []key{
	{"secret", 0o600, true},     // signs tokens, and opens what lies sealed in the rows
	{"server-id", 0o644, false}, // by which PostgreSQL knows the keeper
	{"node-id", 0o644, false},   // in the place of /etc/machine-id
	{"tls.pem", 0o600, false},   // the certificate that clients may have pinned, with its key
}

// readKeys reads those that are there.
func readKeys(dir string) (files []keyFile, err error) {
	for _, k := range keys {
		content, err := os.ReadFile(filepath.Join(dir, k.name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		files = append(files, keyFile{k.name, content})
	}
	return files, nil
}
