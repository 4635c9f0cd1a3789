package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"dewpoint/internal/api/table"
	"dewpoint/internal/api/upload"
	"dewpoint/internal/errs"
	"dewpoint/internal/media"
	"dewpoint/internal/quarantine"
	"dewpoint/internal/space"
)

// files is where the bytes of files are, in the words of both dialects.
type files interface {
	table.Files
	upload.Library
}

// openFiles opens the library in the data directory, unless another server keeps the files of the database.
func (n *node) openFiles(ctx context.Context) (err error) {
	if n.identity.Keeper != "" {
		n.files = filesElsewhere{n.identity.Keeper}
		return nil
	}
	// For whoever cleans up a host whose database is gone.
	if err := os.WriteFile(filepath.Join(n.cfg.Data, "instance"), []byte(n.identity.Instance+"\n"), 0o600); err != nil {
		return fmt.Errorf("keeping the name of the instance: %w", err)
	}
	if err := n.dir.Settle(ctx); err != nil {
		return err
	}
	n.keeper = quarantine.New(n.db, n.cfg.Data, n.log)
	if n.library, err = media.New(n.db, n.space, n.cfg.Data, n.keeper, n.log); err != nil {
		return err
	}
	n.keeper.Restores(n.library)
	n.files = n.library
	n.backups = newBackups(n)
	return nil
}

// filesElsewhere are in the library of the keeper, by the name of its host: all that touches their bytes is refused.
type filesElsewhere struct{ keeper string }

func (f filesElsewhere) err() error {
	return errs.New(errs.Unavailable, "files_elsewhere", "files are stored by the server on %s; send this request there", f.keeper)
}

// Open implements table.Files and storage.Media of the resource API.
func (f filesElsewhere) Open(context.Context, int64) (io.ReadSeekCloser, string, time.Time, error) {
	return nil, "", time.Time{}, f.err()
}

// WriteAt implements table.Files.
func (f filesElsewhere) WriteAt(context.Context, int64, int64, io.Reader) error { return f.err() }

// Count implements upload.Library.
func (filesElsewhere) Count(space.Source) {}

// Hold implements upload.Library.
func (f filesElsewhere) Hold(context.Context, space.Claim) (func(), error) { return nil, f.err() }

// Continue implements upload.Library.
func (f filesElsewhere) Continue(space.Claim) error { return f.err() }

// Find implements upload.Library.
func (f filesElsewhere) Find(context.Context, string) (int64, error) { return 0, f.err() }

// SetAside implements upload.Library. What lies here is the keeper's to judge.
func (f filesElsewhere) SetAside(context.Context, string) error { return f.err() }

// Adopt implements upload.Library.
func (f filesElsewhere) Adopt(context.Context, int64, string) error { return f.err() }
