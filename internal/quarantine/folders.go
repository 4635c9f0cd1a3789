package quarantine

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"dewpoint/internal/errs"
	"dewpoint/internal/model/column"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/model/network"
	"dewpoint/internal/model/system"
	"dewpoint/internal/store"
)

// sweepFolders sets aside the folders of machines and networks that have no row. Files in use stay until their program has ended: a domain
// that is left alone keeps its folder, and the router of a lost network is taken down first.
func (k *Keeper) sweepFolders(ctx context.Context) error {
	machines, err := k.orphans(ctx, "machines", func(tx *store.Tx) (known, error) {
		rows, err := store.FindRows[compute.Machine](tx, store.Everything())
		names := map[string]bool{}
		for _, m := range rows {
			names[column.StorageName(m.Key, m.StorageID)] = true
		}
		return func(name string) bool { return names[name] }, err
	})
	failed := []error{err, k.holdAll(ctx, system.FoundMachine, "there is no machine with this key and id", machines)}
	vnets, err := k.orphans(ctx, "vnets", func(tx *store.Tx) (known, error) {
		rows, err := store.FindRows[network.Vnet](tx, store.Everything())
		names := map[string]bool{}
		for _, v := range rows {
			names[column.StorageName(v.Key, v.StorageID)] = true
		}
		return func(name string) bool { // as long as a network has no id, its folder is being given one
			key, _, _ := column.ReadStorageName(name)
			return names[name] || names[column.StorageName(key, "")]
		}, err
	})
	failed = append(failed, err, k.holdAll(ctx, system.FoundNetwork, "there is no network with this key and id", vnets))
	return errors.Join(failed...)
}

// known reports whether a row gives something this name.
type known func(name string) bool

// orphans lists what lies in a folder of the data directory under a name that rows give, but none of these does. The folder is read before the
// rows: a row is always there before its folder.
func (k *Keeper) orphans(ctx context.Context, in string, read func(*store.Tx) (known, error)) (paths []string, err error) {
	entries, err := os.ReadDir(filepath.Join(k.data, in))
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var named known
	if err := k.db.View(ctx, func(tx *store.Tx) (err error) {
		named, err = read(tx)
		return err
	}); err != nil {
		return nil, err
	}
	for _, e := range entries {
		if _, _, ours := column.ReadStorageName(e.Name()); ours && !named(e.Name()) {
			paths = append(paths, filepath.Join(k.data, in, e.Name()))
		}
	}
	return paths, nil
}

func (k *Keeper) holdAll(ctx context.Context, kind, why string, paths []string) error {
	var failed []error
	for _, path := range paths {
		if err := k.Hold(ctx, Thing{Kind: kind, Path: path, Why: why}); err != nil && !errs.Is(err, errs.Conflict) {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// Domains is told the names of all domains that carry our mark and have no machine. They are left alone, and have a row as long as they are there.
func (k *Keeper) Domains(ctx context.Context, names []string) error {
	return k.db.Update(ctx, func(tx *store.Tx) error {
		rows, err := store.FindRows[system.Quarantine](tx, store.Is(system.QuarantineCol.Kind, system.FoundDomain))
		if err != nil {
			return err
		}
		there := map[string]bool{}
		for _, name := range names {
			there[name] = true
		}
		for _, q := range rows {
			if !there[q.Path] {
				if err := tx.Delete("quarantine", q.KeyValue()); err != nil {
					return err
				}
			}
			delete(there, q.Path)
		}
		for _, name := range names {
			if !there[name] {
				continue
			}
			found := system.QuarantineSet{}.Kind(system.FoundDomain).Path(name).Found(k.now().Unix()).
				Why("the domain carries the mark of this system, and there is no machine with its key")
			if _, err := store.Create(tx, found); err != nil {
				return err
			}
		}
		return nil
	})
}
