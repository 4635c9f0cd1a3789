package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/renameio/v2"

	"dewpoint/internal/datadir"
	"dewpoint/internal/errs"
	"dewpoint/internal/fileio"
	"dewpoint/internal/model"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/internal/store/postgres"
	"dewpoint/internal/store/sqlite"
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
			return done, errors.Join(err, errs.New(errs.Conflict, "in_use", "servers use the database, by %d connections: stop all of them first", n))
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

// build makes the new database, and the key files, where they are in nobody's way; in PostgreSQL the new tables take the place of the old
// ones in the same transaction.
func (r *restore) build(ctx context.Context) error {
	past, keeper, err := datadir.PastOf(r.Dir)
	if err != nil {
		return err
	}
	past.Add(r.m.Numbers)
	past.Add(map[string]int64{store.LogName(): r.m.Generation})
	db, aside, err := r.openNew(ctx)
	if err != nil {
		return err
	}
	db.Limits.Own = limit
	err = db.Replace(ctx, aside, r.load, func(tx *store.Tx) error {
		if err := past.StartOver(tx); err != nil {
			return err
		}
		if err := r.claim(tx, keeper); err != nil {
			return err
		}
		return r.endSignIns(tx)
	})
	if err == nil {
		r.fits, err = datadir.MarkOf(ctx, db)
	}
	return errors.Join(err, db.Close())
}

// openNew opens the database that the rows go to.
func (r *restore) openNew(ctx context.Context) (db *store.DB, aside string, err error) {
	if r.Database == "" {
		db, err := sqlite.Open(ctx, filepath.Join(r.work, "new", datadir.DatabaseFile), model.Schema())
		return db, "", err
	}
	if err := os.MkdirAll(r.before(), 0o700); err != nil { // from here on no server starts
		return nil, "", err
	}
	aside = "before_restore_" + strings.ReplaceAll(r.at, "-", "_")
	db, err = postgres.Open(ctx, r.Database, model.Schema())
	r.aside = append(r.aside, "the schema "+aside+" of the database")
	return db, aside, err
}

// claim makes the server of this directory the keeper: the bytes lie here.
func (r *restore) claim(tx *store.Tx, keeper string) error {
	found, err := tx.Find("system")
	if err != nil || len(found) == 0 || keeper == "" {
		return err
	}
	return tx.Change("system", found[0].Key, schema.Set{"keeper": schema.TextValue(keeper)})
}

// load reads the file once more, rows and keys this time.
func (r *restore) load(l *store.Loader) error {
	if _, err := r.from.Seek(0, io.SeekStart); err != nil {
		return err
	}
	_, err := read(r.from, r.passphrase, contents{
		manifest: func(m Manifest) error { return l.Steps(m.Steps) },
		file:     r.putKey,
		table:    l.Table,
		row:      l.Row,
	})
	return err
}

func (r *restore) keysFolder() string { return filepath.Join(r.work, "keys") }

func (r *restore) putKey(f keyFile) error {
	if err := os.MkdirAll(r.keysFolder(), 0o700); err != nil {
		return err
	}
	return renameio.WriteFile(filepath.Join(r.keysFolder(), f.Name), f.Content, 0o600)
}

// moveAside moves SQLite's files, the one that the others belong to last.
func (r *restore) moveAside() error {
	if err := os.MkdirAll(r.before(), 0o700); err != nil {
		return err
	}
	if err := fileio.Sync(r.work); err != nil {
		return err
	}
	for _, ending := range []string{"-shm", "-wal", ""} {
		name := datadir.DatabaseFile + ending
		if err := os.Rename(filepath.Join(r.Dir, name), filepath.Join(r.before(), name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return errors.Join(fileio.Sync(r.before()), fileio.Sync(r.Dir))
}

// placeKeys moves the keys into their places.
func (r *restore) placeKeys() error {
	for _, k := range keys {
		from, to := filepath.Join(r.keysFolder(), k.name), filepath.Join(r.Dir, k.name)
		if _, err := os.Lstat(from); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		_, err := os.Lstat(to)
		switch {
		case err == nil && !k.always:
			continue
		case err == nil:
			if err := os.Rename(to, filepath.Join(r.before(), k.name)); err != nil {
				return err
			}
		}
		if err := errors.Join(os.Chmod(from, k.mode), os.Rename(from, to)); err != nil {
			return err
		}
	}
	return errors.Join(fileio.Sync(r.before()), fileio.Sync(r.Dir))
}

// placeDatabase moves the new database of SQLite into its place. It was closed, so it is one file.
func (r *restore) placeDatabase() error {
	if r.Database != "" {
		return nil
	}
	return errors.Join(os.Rename(filepath.Join(r.work, "new", datadir.DatabaseFile), r.sqliteFile()), fileio.Sync(r.Dir))
}
