// Package osinfo reads libosinfo's database of operating systems, which Debian has in the package osinfo-db.
package osinfo

import (
	"cmp"
	"encoding/xml"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"dewpoint/internal/errs"
)

// Dir is where the database lies.
const Dir = "/usr/share/osinfo"

// Variant is an operating system.
type Variant struct {
	ShortID string // as debian12
	Name    string
	Version string
	Family  string // as linux, winnt
	Distro  string
	Vendor  string
	ID      string // an address that names it
}

// Database reads a folder of descriptions, and again when another version of it was installed. It is safe for concurrent use.
type Database struct {
	dir string

	mu       sync.Mutex
	read     time.Time // when the version was installed that was read
	variants []Variant
}

// New makes a database of the folder, which needn't be there.
func New(dir string) *Database { return &Database{dir: dir} }

// Variants returns all operating systems by their short ids; Unavailable when there is no database. The caller leaves the list as it is.
func (d *Database) Variants() ([]Variant, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	folder := filepath.Join(d.dir, "os")
	info, err := os.Stat(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errs.New(errs.Unavailable, "osinfo_query_unavailable", "this server has no list of operating systems; install the package osinfo-db. os_variant of a VM takes any text")
	}
	if err != nil {
		return nil, err
	}
	if d.variants != nil && info.ModTime().Equal(d.read) {
		return d.variants, nil
	}
	found, err := readAll(folder)
	if err == nil {
		d.variants, d.read = found, info.ModTime()
	}
	return found, err
}

// readAll reads the descriptions below a folder. One that can't be read is left out.
func readAll(folder string) ([]Variant, error) {
	found := []Variant{}
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() || filepath.Ext(path) != ".xml" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		found = append(found, parse(text)...)
		return nil
	})
	slices.SortFunc(found, func(a, b Variant) int {
		return cmp.Or(strings.Compare(a.ShortID, b.ShortID), strings.Compare(a.ID, b.ID))
	})
	return found, err
}

// word is a text that stands there once in each language.
type word struct {
	Language string `xml:"http://www.w3.org/XML/1998/namespace lang,attr"`
	Text     string `xml:",chardata"`
}

// parse reads one file of libosinfo's schema.
func parse(text []byte) (found []Variant) {
	var doc struct {
		OS []struct {
			ID      string   `xml:"id,attr"`
			ShortID []string `xml:"short-id"`
			Name    []word   `xml:"name"`
			Version string   `xml:"version"`
			Family  string   `xml:"family"`
			Distro  string   `xml:"distro"`
			Vendor  []word   `xml:"vendor"`
		} `xml:"os"`
	}
	if xml.Unmarshal(text, &doc) != nil {
		return nil
	}
	for _, o := range doc.OS {
		if len(o.ShortID) > 0 {
			found = append(found, Variant{
				ID: o.ID, ShortID: o.ShortID[0], Name: english(o.Name), Version: o.Version, Family: o.Family, Distro: o.Distro, Vendor: english(o.Vendor),
			})
		}
	}
	return found
}

// english is the word without a language.
func english(words []word) string {
	for _, w := range words {
		if w.Language == "" {
			return strings.TrimSpace(w.Text)
		}
	}
	return ""
}
