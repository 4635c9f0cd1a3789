package backup

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash"
	"io"
	"slices"

	"github.com/klauspost/compress/zstd"

	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

const (
	// mostLine bounds a line: no row is so long.
	mostLine = 64 << 20
	// mostMemory bounds what a file makes its reader keep.
	mostMemory = 256 << 20
)

// contents takes what is in a backup, in the order in which it stands there. All functions may be nil.
type contents struct {
	manifest func(Manifest) error
	file     func(keyFile) error
	table    func(store.Shape) error
	row      func([]schema.Value) error
}

// read reads a whole backup. What it handed out is good only once it has returned nil: the end of the file says so.
func read(r io.Reader, passphrase string, to contents) (m Manifest, err error) {
	opened, err := open(r, passphrase)
	if err != nil {
		return m, err
	}
	unpacked, err := zstd.NewReader(opened, zstd.WithDecoderMaxMemory(mostMemory))
	if err != nil {
		return m, err
	}
	defer unpacked.Close()
	in := reader{lines: bufio.NewReaderSize(unpacked, chunk), digest: sha256.New(), to: to}
	for !in.ended {
		if err := in.next(); err != nil {
			return in.m, err
		}
	}
	if _, err := in.lines.ReadByte(); !errors.Is(err, io.EOF) {
		return in.m, damaged("something stands behind its end")
	}
	return in.m, nil
}

type reader struct {
	lines  *bufio.Reader
	digest hash.Hash
	to     contents
	m      Manifest
	begun  bool        // the manifest was read
	shape  store.Shape // of the rows that come
	rows   int64
	ended  bool
}

func (r *reader) next() error {
	text, err := r.line()
	if err != nil {
		return err
	}
	if text[0] == '[' {
		return r.row(text)
	}
	var l line
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields() // of a version that writes more
	if err := decoder.Decode(&l); err != nil || (l.Manifest == nil) != r.begun {
		return damaged("a line of it can't be read")
	}
	if l.End != nil {
		return r.finish(*l.End)
	}
	r.digest.Write(text)
	switch {
	case l.Manifest != nil:
		r.m, r.begun = *l.Manifest, true
		return give(r.to.manifest, r.m)
	case l.File != nil && slices.ContainsFunc(keys, func(k key) bool { return k.name == l.File.Name }):
		return give(r.to.file, *l.File)
	case l.Table != nil:
		r.shape = *l.Table
		return give(r.to.table, r.shape)
	}
	return damaged("a line of it is none that a backup has")
}

func give[T any](to func(T) error, what T) error {
	if to == nil {
		return nil
	}
	return to(what)
}

// line reads up to the end of the next line.
func (r *reader) line() (text []byte, err error) {
	for {
		part, err := r.lines.ReadSlice('\n')
		text = append(text, part...)
		switch {
		case err == nil:
			return text, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			if typed := errs.As(err); typed != nil {
				return nil, typed
			}
			return nil, damaged("%v", err)
		case len(text) > mostLine:
			return nil, damaged("a line of it has no end")
		}
	}
}

func (r *reader) row(text []byte) error {
	r.digest.Write(text)
	r.rows++
	var cells []any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&cells); err != nil || len(cells) != len(r.shape.Columns) || len(cells) == 0 {
		return damaged("a row of table %s can't be read", r.shape.Name)
	}
	values := make([]schema.Value, len(cells))
	for i, cell := range cells {
		if n, ok := cell.(json.Number); ok {
			values[i] = number(n)
			continue
		}
		values[i] = schema.ValueOf(cell)
	}
	return give(r.to.row, values)
}

// number reads a number; the column that it goes to makes of it what it holds.
func number(n json.Number) schema.Value {
	if i, err := n.Int64(); err == nil {
		return schema.IntValue(i)
	}
	f, _ := n.Float64() // a JSON number always is one
	return schema.RealValue(f)
}

func (r *reader) finish(e end) error {
	if r.rows != e.Rows || hex.EncodeToString(r.digest.Sum(nil)) != e.SHA256 {
		return damaged("its contents are not those that were written")
	}
	r.ended = true
	return nil
}
