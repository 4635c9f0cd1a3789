// Package backup writes the rows of a database, and the keys that they need, into one file, and makes a database out of such a file again:
// of SQLite or of PostgreSQL, whichever it came from. Media and disks are not in it; they stay in the data directory, which the
// restored database adopts (docs/design/0009-directory-and-database.md).
//
// A file is a line of text, a line of JSON that says how the rest is sealed, and the rest: Zstandard over lines of JSON, which are a
// manifest, the key files, the tables each followed by its rows, and an end with a digest of all that came before.
package backup

import (
	"time"

	"dewpoint/internal/errs"
	"dewpoint/internal/store"
)

// magic is the first line of a backup.
const magic = "dewpoint backup 1\n"

// Manifest says what a backup is of.
type Manifest struct {
	Version    string           `json:"version"` // of the program that made it
	Instance   string           `json:"instance"`
	Lineage    string           `json:"lineage"`
	Generation int64            `json:"generation"`
	Numbers    map[string]int64 `json:"numbers"` // the last ones given to rows, by table
	Steps      []int            `json:"steps"`   // of migration that the rows have seen
	Created    time.Time        `json:"created"`
}

// keyFile is a file of the data directory that the rows are worth little without.
type keyFile struct {
	Name    string `json:"name"`
	Content []byte `json:"content"`
}

// end is the last line. Rows counts the lines of rows; SHA256 is of all lines before.
type end struct {
	Rows   int64  `json:"rows"`
	SHA256 string `json:"sha256"`
}

// line is any line but those of rows, which are arrays. One member is set.
type line struct {
	Manifest *Manifest    `json:"manifest,omitempty"`
	File     *keyFile     `json:"file,omitempty"`
	Table    *store.Shape `json:"table,omitempty"`
	End      *end         `json:"end,omitempty"`
}

// damaged is the error of a file that isn't what was written.
func damaged(format string, args ...any) error {
	return errs.New(errs.Invalid, "damaged", "the backup is damaged or incomplete: "+format, args...)
}
