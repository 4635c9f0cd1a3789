package backup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/google/renameio/v2"

	"dewpoint/internal/datadir"
	"dewpoint/internal/errs"
	"dewpoint/internal/fileio"
	"dewpoint/internal/store/postgres"
)

// Restored tells what a restore did.
type Restored struct {
	Manifest
	// Aside is where the database is now that there was, and what else had to make room.
	Aside []string
}

// Restore puts the rows of a backup in the place of the database, whose servers must have ended; the old one is kept. The restored one
// is the successor of both, so that it fits the data directory and everything in it. A file that isn't whole and genuine is refused before
// anything is touched. A restore that is cut off keeps the server from starting until it is run again.
func (p Place) Restore(ctx context.Context, path, passphrase string) (done Restored, err error) {
	unlock, err := datadir.Lock(ctx, p.Dir)
	if err != nil {
		return done, err
	}
	defer unlock()
	if p.Database != "" {
		if n, err := postgres.Users(ctx, p.Database); err != nil || n > 0 {
			return done, errors.Join(err, errs.New(errs.Conflict, "in_use", "servers are using the database over %d connections; stop all of them first", n))
		}
	}
	f, err := os.Open(path)
	if err != nil {
		return done, fmt.Errorf("opening the backup: %w", err)
	}
	defer f.Close()
	if done.Manifest, err = read(f, passphrase, contents{}); err != nil {
		return done, err
	}
	r := restore{Place: p, work: filepath.Join(p.Dir, datadir.RestoreFolder), at: stamp(time.Now()), passphrase: passphrase, from: f, m: done.Manifest}
	done.Aside, err = r.run(ctx)
	return done, err
}

// restore is one under way. Its folder holds the new database and the new keys until they take their places, and what was in those in
// the folder before.
type restore struct {
	Place
	work, at   string
	passphrase string
	from       *os.File
	m          Manifest
	fits       datadir.Mark // once the new database is made
	aside      []string
}

func (r *restore) before() string { return filepath.Join(r.work, datadir.BeforeFolder) }

// run goes from step to step. Cut off at any of them it begins anew: what was moved aside already stays there.
func (r *restore) run(ctx context.Context) ([]string, error) {
	for _, step := range r.steps(ctx) {
		if err := step(); err != nil {
			return nil, fmt.Errorf("restoring the database: %w", err)
		}
	}
	return r.aside, nil
}

func (r *restore) steps(ctx context.Context) []func() error {
	return []func() error{
		r.settleEarlier,
		func() error { return r.build(ctx) },
		r.moveAside,
		r.placeKeys,
		r.placeDatabase,
		r.mark,
		r.keepBefore,
		func() error { return os.RemoveAll(r.work) },
	}
}

// mark makes the directory fit the new database.
func (r *restore) mark() error {
	if err := r.fits.Write(r.Dir); err != nil {
		return err
	}
	if err := renameio.WriteFile(filepath.Join(r.Dir, "instance"), []byte(r.fits.Instance+"\n"), 0o644); err != nil {
		return err
	}
	return fileio.Sync(r.Dir)
}

// settleEarlier ends what a restore that was cut off has left. It had moved the whole database aside, or it goes on with what is left of it: the
// file itself goes last.
func (r *restore) settleEarlier() error {
	if _, err := os.Stat(filepath.Join(r.before(), datadir.DatabaseFile)); err == nil || r.Database != "" {
		if err := r.keepBefore(); err != nil {
			return err
		}
	}
	for _, name := range []string{"new", "keys"} {
		if err := os.RemoveAll(filepath.Join(r.work, name)); err != nil {
			return err
		}
	}
	return os.MkdirAll(filepath.Join(r.work, "new"), 0o700)
}

// keepBefore gives what was moved aside its last place, by which the restore is done. An empty folder isn't worth one.
func (r *restore) keepBefore() error {
	for n := 1; ; n++ {
		name := filepath.Join(r.Dir, "before-restore-"+r.at)
		if n > 1 {
			name += fmt.Sprint("-", n)
		}
		if os.Remove(r.before()) == nil {
			return fileio.Sync(r.work)
		}
		if _, err := os.Lstat(name); err == nil {
			continue
		}
		err := os.Rename(r.before(), name)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		r.aside = append(r.aside, name)
		return fileio.Sync(r.Dir)
	}
}
