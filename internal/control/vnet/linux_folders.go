package vnet

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"dewpoint/internal/errs"
	"dewpoint/internal/fileio"
	"dewpoint/internal/host/dnsmasq"
	"dewpoint/internal/model/column"
)

// folders looks into the networks' folders.
func (l *Linux) folders(dirs map[int64]string, o *Observed) error {
	for n, dir := range dirs {
		if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		files, err := dnsmasq.Read(dir)
		if err != nil {
			return err
		}
		leases, err := dnsmasq.ReadLeases(dir)
		if err != nil {
			return err
		}
		told, err := dnsmasq.Announced(dir)
		if err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
		o.edit(n, func(h *Have) { h.Dir, h.Files, h.Leases, h.Announced = true, files, leases, told })
	}
	return nil
}

// NameFolder renames the folder <key>. The name on the disk is where the id is kept until it is in the row: after a kill between the two the
// folder is found by its key, which no other one has as long as the row has no id, or else a new id is as good.
func (l *Linux) NameFolder(ctx context.Context, n int64) (id string, err error) {
	old := l.marks.path(n, "")
	if err := stopIn(ctx, l.marks.dir, old); err != nil {
		return "", err
	}
	id = newID()
	err = os.Rename(old, l.marks.path(n, id))
	if errors.Is(err, fs.ErrNotExist) {
		return l.namedBefore(n, id)
	}
	if err == nil {
		err = fileio.Sync(l.marks.dir)
	}
	if err != nil {
		return "", fmt.Errorf("naming the folder of network %d: %w", n, err)
	}
	return id, nil
}

// stopIn ends what runs by the files in a folder: by the new name it would find nothing.
func stopIn(ctx context.Context, root, dir string) error {
	running, err := dnsmasq.List(root)
	for _, p := range running {
		if p.Dir == dir && err == nil {
			err = dnsmasq.Stop(ctx, p)
		}
	}
	return err
}

// namedBefore returns the id in the name of the only folder that a network has, else the given one.
func (l *Linux) namedBefore(n int64, id string) (string, error) {
	dirs, err := dnsmasq.Dirs(l.marks.dir)
	if err != nil {
		return "", err
	}
	var found []string
	for _, dir := range dirs {
		if of, its, ok := column.ReadStorageName(filepath.Base(dir)); ok && of == n {
			found = append(found, its)
		}
	}
	if len(found) != 1 {
		return id, nil
	}
	return found[0], fileio.Sync(l.marks.dir)
}

// newID draws an id as the store does for new rows.
func newID() string {
	var b [4]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}
