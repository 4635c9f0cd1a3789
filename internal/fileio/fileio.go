// Package fileio holds what the standard library leaves to every caller who works on files that matter: names and bytes that
// survive a power loss, removals that may come again, and reads that end with a context.
package fileio

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
)

// Sync makes what was written to a file, or the names in a folder, survive a power loss (fsync(2)).
func Sync(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Remove removes a file, or an empty folder. One that is gone is removed.
func Remove(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Reader returns a reader of r that fails with the cause of ctx once that has ended. A read that is under way isn't cut off.
func Reader(ctx context.Context, r io.Reader) io.Reader { return &cancellable{ctx, r} }

type cancellable struct {
	ctx context.Context
	io.Reader
}

// Read implements io.Reader.
func (c *cancellable) Read(p []byte) (int, error) {
	if err := context.Cause(c.ctx); err != nil {
		return 0, err
	}
	return c.Reader.Read(p)
}
