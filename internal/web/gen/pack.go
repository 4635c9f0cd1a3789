package main

import (
	"bytes"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
)

// file is a built file in the two forms in which it is kept. The compressors are modules of a fixed version, so that the forms don't depend on
// whose Go draws them.
type file struct {
	name         string
	gzip, brotli []byte
}

func pack(name string, text []byte) (f file, err error) {
	f.name = name
	f.gzip, err = packed(text, func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriterLevel(w, gzip.BestCompression) })
	if err != nil {
		return f, err
	}
	f.brotli, err = packed(text, func(w io.Writer) (io.WriteCloser, error) {
		return brotli.NewWriterLevel(w, brotli.BestCompression), nil
	})
	return f, err
}

func packed(text []byte, by func(io.Writer) (io.WriteCloser, error)) ([]byte, error) {
	var out bytes.Buffer
	w, err := by(&out)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(text); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func (f file) write(dir string) error {
	if err := os.WriteFile(filepath.Join(dir, f.name+".gz"), f.gzip, 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, f.name+".br"), f.brotli, 0o644)
}

func sorted(set map[string]bool) []string { return slices.Sorted(maps.Keys(set)) }
