package quarantine

import (
	"archive/tar"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"dewpoint/internal/errs"
	"dewpoint/internal/model/storage"
	"dewpoint/internal/model/system"
	"dewpoint/internal/store"
)

// restore makes the thing the bytes of the row of files that was made for it. It may be repeated after a crash at any point. When that row was
// deleted meanwhile, the thing stays.
func (k *Keeper) restore(ctx context.Context, q system.Quarantine, e entry) error {
	row, err := k.fileRow(ctx, q.File)
	if errs.Is(err, errs.NotFound) {
		return k.unwish(ctx, q, e)
	}
	if err != nil {
		return err
	}
	if !row.Complete {
		if err := k.give(ctx, row, e); err != nil {
			return err
		}
	}
	if err := errors.Join(e.clear(), os.RemoveAll(k.here(e))); err != nil {
		return err
	}
	k.log.Info("quarantined data was restored as a file", "kind", q.Kind, "path", q.Path, "file", q.File)
	return k.forget(ctx, q, "restored")
}

// give has the library take the bytes in, under a size that is now known for certain.
func (k *Keeper) give(ctx context.Context, row storage.File, e entry) error {
	path, err := k.bytesOf(e)
	if err != nil {
		return err
	}
	if info, err := os.Stat(path); err == nil && info.Size() != row.AllocatedBytes {
		size := storage.FileSet{}.AllocatedBytes(info.Size())
		err := k.db.Update(ctx, func(tx *store.Tx) error { return store.Write(tx, row.Key, size) })
		if err != nil {
			return err
		}
	}
	if err := os.Chmod(path, 0o600); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return k.lib.Adopt(ctx, row.Key, path)
}

// bytesOf returns the file that holds the thing's bytes, on the file system of the data directory: a folder is packed, and what lies on
// another file system is copied. A file that the library has moved away already is named all the same.
func (k *Keeper) bytesOf(e entry) (string, error) {
	info, err := os.Lstat(e.content())
	if errors.Is(err, fs.ErrNotExist) {
		return e.content(), nil
	}
	if err != nil {
		return "", err
	}
	here := k.here(e)
	if info.IsDir() {
		path := filepath.Join(here, archive)
		return path, made(path, func(f *os.File) error { return pack(f, e.content()) })
	}
	if e.dir == here {
		return e.content(), nil
	}
	path := filepath.Join(here, copied)
	return path, made(path, func(f *os.File) error {
		from, err := os.Open(e.content())
		if err != nil {
			return err
		}
		defer from.Close()
		_, err = io.Copy(f, from)
		return err
	})
}

// here is the folder of an entry's name on the file system of the data directory, which needn't be the entry's own.
func (k *Keeper) here(e entry) string { return filepath.Join(k.data, folder, filepath.Base(e.dir)) }

// made writes a file anew. It has its note's folder, or one without a note when the thing lies on another file system.
func made(path string, fill func(*os.File) error) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(fill(f), f.Sync(), f.Close())
}

// pack writes the regular files of a folder; sockets have no bytes.
func pack(to io.Writer, dir string) error {
	w := tar.NewWriter(to)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		return packFile(w, dir, path, d)
	})
	return errors.Join(err, w.Close())
}

func packFile(w *tar.Writer, dir, path string, d fs.DirEntry) error {
	info, err := d.Info()
	if err != nil {
		return err
	}
	header, err := tar.FileInfoHeader(info, "")
	if err != nil {
		return err
	}
	if header.Name, err = filepath.Rel(dir, path); err != nil {
		return err
	}
	if err := w.WriteHeader(header); err != nil {
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(w, f)
	return err
}

func (k *Keeper) fileRow(ctx context.Context, key int64) (row storage.File, err error) {
	err = k.db.View(ctx, func(tx *store.Tx) error {
		row, err = store.GetRow[storage.File](tx, key)
		return err
	})
	return row, err
}

// unwish takes the wish back of a thing whose new row is gone, and drops the thing's row when its bytes went with that.
func (k *Keeper) unwish(ctx context.Context, q system.Quarantine, e entry) error {
	holds, err := e.holds()
	if err != nil {
		return err
	}
	if !holds {
		return k.remove(ctx, q, e, "deleted with the file that it became")
	}
	return k.change(ctx, q.Key, system.QuarantineSet{}.Null(system.QuarantineCol.Wish, system.QuarantineCol.File).StatusInfo(""))
}
