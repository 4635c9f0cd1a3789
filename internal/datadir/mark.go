package datadir

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/google/renameio/v2"
)

// The files by which a data directory knows its database.
const (
	markFile     = "generation"
	instanceFile = "instance"  // older than the mark; scripts read it
	serverFile   = "server-id" // of the server whose directory it is
)

// Mark is what a data directory knows of the database that it is used with. It is written after what it tells of was committed, so it may
// be a little behind the database and is never ahead of it.
type Mark struct {
	Instance string `json:"instance"`
	// Lineage is a random id that is another after each restore and adoption: two databases that have one went the same way up to the
	// lower generation.
	Lineage string `json:"lineage"`
	// Generation is the number of the last entry in the log of changes.
	Generation int64 `json:"generation"`
	// Numbers are the last numbers that were given to rows, by table.
	Numbers map[string]int64 `json:"numbers"`
	Written time.Time        `json:"written"`
}

// ReadMark reads the mark of a data directory; nil when it has none.
func ReadMark(dir string) (*Mark, error) {
	path := filepath.Join(dir, markFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading which database the data directory belongs to: %w", err)
	}
	var m Mark
	if err := json.Unmarshal(text, &m); err != nil || m.Lineage == "" {
		return nil, fmt.Errorf("%s can't be read: it is to say which database the data directory belongs to. "+
			"If you are sure that the database is the right one, remove the file", path)
	}
	return &m, nil
}

// Write puts the mark into a data directory, where it survives a power loss.
func (m Mark) Write(dir string) error {
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	if err := renameio.WriteFile(filepath.Join(dir, markFile), append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("keeping which database the data directory belongs to: %w", err)
	}
	return nil
}
