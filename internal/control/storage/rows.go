package storage

import (
	"context"

	"dewpoint/internal/errs"
	"dewpoint/internal/held"
	"dewpoint/internal/layer"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/model/storage"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// StoreRows are the rows of the database: machine_drives.
type StoreRows struct {
	db      *store.DB
	dataDir string
	node    int64 // key of the node this is
}

// NewStoreRows returns the rows of db for the node with that key, whose files lie below dataDir.
func NewStoreRows(db *store.DB, dataDir string, node int64) *StoreRows {
	return &StoreRows{db: db, dataDir: dataDir, node: node}
}

// Wish reads the drives in one transaction.
func (r *StoreRows) Wish(ctx context.Context) (w Wish, err error) {
	err = r.db.View(ctx, func(tx *store.Tx) error {
		t, err := r.read(tx)
		if err != nil {
			return err
		}
		w.Drives = t.wish(r.dataDir)
		w.Layers, err = t.layersFor(tx, r.dataDir)
		return err
	})
	return w, err
}

// tables are the rows that a wish is made of.
type tables struct {
	drives   []compute.MachineDrive
	statuses map[int64]compute.MachineDriveStatus
	machines map[int64]compute.Machine
	power    map[int64]compute.MachineStatus
	files    map[int64]storage.File
	imports  map[string]Import // by object
	layers   layer.Set
	cloned   map[int64]bool // drives that a clone is to be made of
	busy     map[int64]bool // machines whose disks an operation works on
}

// read leaves out the drives of machines that run on another node: they are its own.
func (r *StoreRows) read(tx *store.Tx) (t tables, err error) {
	ours := []store.Cond{
		store.Everything(), store.IsOutside(compute.MachineDriveCol.Machine, "machine_status", store.Everything(), store.IsNot(compute.MachineStatusCol.Node, r.node)),
	}
	if t.drives, err = store.FindRows[compute.MachineDrive](tx, ours...); err != nil {
		return t, err
	}
	statuses, err := store.FindRows[compute.MachineDriveStatus](tx, store.Everything(), store.KeyWithin("machine_drives", ours...))
	if err != nil {
		return t, err
	}
	keys := make([]schema.Value, len(t.drives))
	for i, d := range t.drives {
		keys[i] = schema.IntValue(d.Machine)
	}
	machines, err := store.FindRows[compute.Machine](tx, store.Everything(), store.Key(keys...), store.Is(compute.MachineCol.Type, "vm"))
	if err != nil {
		return t, err
	}
	power, err := store.FindRows[compute.MachineStatus](tx, store.Everything(), store.Key(keys...))
	if err != nil {
		return t, err
	}
	files, err := store.FindRows[storage.File](tx, store.Everything())
	if err != nil {
		return t, err
	}
	t.statuses = byKey(statuses, func(s compute.MachineDriveStatus) int64 { return s.Key })
	t.machines = byKey(machines, func(m compute.Machine) int64 { return m.Key })
	t.power = byKey(power, func(s compute.MachineStatus) int64 { return s.Key })
	t.files = byKey(files, func(f storage.File) int64 { return f.Key })
	if t.layers, err = layer.All(tx); err != nil {
		return t, err
	}
	if t.busy, err = busyMachines(tx); err != nil {
		return t, err
	}
	if t.cloned, err = beingMade(tx); err != nil {
		return t, err
	}
	return t, t.readImports(tx)
}

func byKey[T any](rows []T, key func(T) int64) map[int64]T {
	m := make(map[int64]T, len(rows))
	for _, row := range rows {
		m[key(row)] = row
	}
	return m
}

func (t *tables) wish(dataDir string) (drives []Drive) {
	for _, row := range t.drives {
		machine, known := t.machines[row.Machine]
		if !known && !row.Deleted {
			continue // on a machine that is no VM
		}
		power, status := t.power[row.Machine], t.statuses[row.Key]
		d := Drive{
			Key: row.Key, StorageID: row.StorageID, Deleted: row.Deleted, Machine: row.Machine, MachineUUID: machine.UUID,
			InUse: held.InUse(power, status) || t.busy[row.Machine], Busy: t.busy[row.Machine] || waitsForClone(row), Frozen: row.Origin != 0, Waits: waitsForClone(row), Orphan: waitsForClone(row) && !t.cloned[row.Key], Head: layer.Head(row),
			Tier: row.PreferredTier, Media: row.Media, Size: row.Disksize,
			Last: Status{
				Status: status.Status, Info: status.StatusInfo, Ready: status.Ready, Progress: status.ProgressPct, UsedBytes: row.UsedBytes,
			},
		}
		if l, rests := t.layers[row.Base]; rests {
			d.Base = layerPath(dataDir, l)
		}
		if row.MediaSource != 0 {
			file := t.files[row.MediaSource]
			d.Source = &Source{Key: row.MediaSource, StorageID: file.StorageID, Complete: file.Complete, Modified: file.Modified}
		}
		if last, any := t.imports[objectOf(row)]; any {
			d.Import = &last
		}
		drives = append(drives, d)
	}
	return drives
}

// Known reads all drives and machines, those of other nodes and tombstones too.
func (r *StoreRows) Known(ctx context.Context) (Known, error) {
	k := Known{Drives: map[string]bool{}, Machines: map[string]bool{}, Busy: map[int64]bool{}}
	err := r.db.View(ctx, func(tx *store.Tx) error {
		drives, err := store.FindRows[compute.MachineDrive](tx, store.Everything())
		if err != nil {
			return err
		}
		busy, err := busyMachines(tx)
		if err != nil {
			return err
		}
		for _, d := range drives {
			if d.Origin == 0 {
				k.Drives[layer.Head(d)] = true
			}
			if busy[d.Machine] || waitsForClone(d) {
				k.Busy[d.Key] = true
			}
		}
		layers, err := layer.All(tx)
		if err != nil {
			return err
		}
		for _, l := range layers {
			k.Drives[l.File] = true
		}
		machines, err := store.FindRows[compute.Machine](tx, store.Everything())
		for _, m := range machines {
			k.Machines[m.UUID] = m.UUID != ""
		}
		return err
	})
	return k, err
}

// Report writes the drives' statuses.
func (r *StoreRows) Report(ctx context.Context, facts []Fact) error {
	return r.db.Update(ctx, func(tx *store.Tx) error {
		for _, f := range facts {
			if err := report(tx, f); err != nil && !errs.Is(err, errs.NotFound) { // one whose row is gone needs no report
				return err
			}
		}
		return nil
	})
}

func report(tx *store.Tx, f Fact) error {
	has, err := store.GetRow[compute.MachineDriveStatus](tx, f.Drive, store.Everything())
	if err != nil {
		return err
	}
	word := f.Status.Status
	if word == "offline" && has.Status == "online" || word == "online" {
		word = has.Status // the VM controller's to change
	}
	err = store.Write(tx, f.Drive, compute.MachineDriveStatusSet{}.Status(word).StatusInfo(f.Info).Ready(f.Ready).ProgressPct(f.Progress))
	if err != nil {
		return err
	}
	set := compute.MachineDriveSet{}.UsedBytes(f.UsedBytes)
	if f.Size > 0 {
		set.Disksize(f.Size)
	}
	if f.Ready != has.Ready {
		tx.Touch("machine_drives", schema.IntValue(f.Drive)) // a guest may wait for it
	}
	if f.Ready && !has.Ready {
		if err := letGo(tx, f.Drive, set); err != nil {
			return err
		}
	}
	return store.Write(tx, f.Drive, set)
}

// letGo makes a drive whose import is done a disk like any other: its file isn't needed any more, and may be deleted.
func letGo(tx *store.Tx, drive int64, set compute.MachineDriveSet) error {
	row, err := store.GetRow[compute.MachineDrive](tx, drive, store.Everything())
	if err == nil && imported(row.Media) {
		set.Media(mediaDisk).Null(compute.MachineDriveCol.MediaSource)
	}
	return err
}

// Purge removes the tombstones of drives.
func (r *StoreRows) Purge(ctx context.Context, keys []int64) error {
	return r.db.Update(ctx, func(tx *store.Tx) error {
		for _, key := range keys {
			if err := tx.Purge("machine_drives", schema.IntValue(key)); err != nil && !errs.Is(err, errs.NotFound) {
				return err
			}
		}
		return nil
	})
}
