package backup

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"

	"github.com/klauspost/compress/zstd"

	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// Source is what a backup is made of.
type Source struct {
	DB      *store.DB
	Dir     string // the data directory
	Version string // of the program
}

// Write writes a backup: the rows as they are at one moment, whoever goes on writing, and the key files. An empty passphrase leaves it
// unsealed; then all secrets of the installation lie open in it.
func (s Source) Write(ctx context.Context, w io.Writer, passphrase string) (m Manifest, err error) {
	sealed, err := seal(w, passphrase)
	if err != nil {
		return m, err
	}
	packed, err := zstd.NewWriter(sealed)
	if err != nil {
		return m, err
	}
	out := &writer{buffer: bufio.NewWriterSize(packed, chunk), digest: sha256.New()}
	files, err := readKeys(s.Dir)
	if err != nil {
		return m, fmt.Errorf("reading the keys: %w", err)
	}
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		shapes, err := tx.Shapes()
		if err != nil {
			return err
		}
		if m, err = s.manifest(tx, shapes); err != nil {
			return err
		}
		return out.all(tx, m, files, shapes)
	})
	if err != nil {
		packed.Close() // ends its goroutines
		return m, err
	}
	if err := out.buffer.Flush(); err != nil {
		return m, err
	}
	if err := packed.Close(); err != nil {
		return m, err
	}
	return m, sealed.Close()
}

func (s Source) manifest(tx *store.Tx, shapes []store.Shape) (m Manifest, err error) {
	m.Version, m.Created = s.Version, tx.Now().UTC()
	if m.Generation, err = tx.LastChange(); err != nil {
		return m, err
	}
	if m.Numbers, err = tx.Numbers(); err != nil {
		return m, err
	}
	if m.Steps, err = tx.Steps(); err != nil {
		return m, err
	}
	for _, shape := range shapes {
		if err := identify(tx, shape, &m); err != nil {
			return m, err
		}
	}
	return m, nil
}

// writer writes lines.
type writer struct {
	buffer *bufio.Writer
	digest hash.Hash
	rows   int64
}

func (w *writer) all(tx *store.Tx, m Manifest, files []keyFile, shapes []store.Shape) error {
	if err := w.line(line{Manifest: &m}); err != nil {
		return err
	}
	for _, f := range files {
		if err := w.line(line{File: &f}); err != nil {
			return err
		}
	}
	for _, s := range shapes {
		if err := w.line(line{Table: &s}); err != nil {
			return err
		}
		if err := tx.Rows(s, w.row); err != nil {
			return err
		}
	}
	return w.line(line{End: &end{Rows: w.rows, SHA256: hex.EncodeToString(w.digest.Sum(nil))}})
}

// identify reads the names of the database, as far as it has them, out of the system's row.
func identify(tx *store.Tx, s store.Shape, m *Manifest) error {
	if s.Name != "system" {
		return nil
	}
	return tx.Rows(s, func(cells []schema.Value) error {
		for i, c := range s.Columns {
			switch c.Name {
			case "instance":
				m.Instance = cells[i].Text()
			case "lineage":
				m.Lineage = cells[i].Text()
			}
		}
		return nil
	})
}

func (w *writer) line(l any) error {
	text, err := json.Marshal(l)
	if err != nil {
		return err
	}
	text = append(text, '\n')
	w.digest.Write(text)
	_, err = w.buffer.Write(text)
	return err
}

func (w *writer) row(cells []schema.Value) error {
	row := make([]any, len(cells))
	for i, c := range cells {
		row[i] = c.Any()
	}
	w.rows++
	return w.line(row)
}
