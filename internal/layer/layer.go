// Package layer knows the frozen files beneath disks by their rows, drive_layers: which lie beneath a drive, in what order, and how the file that a drive
// writes to becomes one. It never touches the host: paths are made of rows by the controllers, and nobody reads them out of images.
package layer

import (
	"fmt"

	"dewpoint/internal/errs"
	"dewpoint/internal/model/column"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// Most is how many layers may lie beneath a disk. QEMU opens all of them for each run, and looks through them for each read of what is in none.
const Most = 32

// Set holds layers by their keys.
type Set map[int64]compute.DriveLayer

// All reads all layers.
func All(tx *store.Tx) (Set, error) {
	rows, err := store.FindRows[compute.DriveLayer](tx)
	s := make(Set, len(rows))
	for _, l := range rows {
		s[l.Key] = l
	}
	return s, err
}

// Of reads the layers beneath drives.
func Of(tx *store.Tx, drives ...compute.MachineDrive) (Set, error) {
	s := Set{}
	var wanted []schema.Value
	for _, d := range drives {
		if d.Base != 0 {
			wanted = append(wanted, schema.IntValue(d.Base))
		}
	}
	for len(wanted) > 0 {
		rows, err := store.FindRows[compute.DriveLayer](tx, store.Key(wanted...))
		if err != nil {
			return nil, err
		}
		wanted = nil
		for _, l := range rows {
			s[l.Key] = l
			if _, known := s[l.Base]; l.Base != 0 && !known {
				wanted = append(wanted, schema.IntValue(l.Base))
			}
		}
	}
	return s, nil
}

// Beneath lists the layers from base down. It is Internal when one is missing, or when they lead in a circle: such a disk can't be opened.
func (s Set) Beneath(base int64) (list []compute.DriveLayer, err error) {
	for base != 0 {
		l, known := s[base]
		if !known || len(list) > 2*Most {
			return nil, fmt.Errorf("the layers beneath a disk don't end: after %d of them, layer %d", len(list), base)
		}
		list = append(list, l)
		base = l.Base
	}
	return list, nil
}

// Room is a Conflict when a drive can't be frozen once more because too many layers lie beneath it.
func (s Set) Room(d compute.MachineDrive) error {
	list, err := s.Beneath(d.Base)
	if err == nil && len(list) >= Most {
		err = errs.New(errs.Conflict, "too_many_layers", "drive %q rests on %d layers, which is the most; delete a snapshot first", d.Name, len(list))
	}
	return err
}

func keyOf(l compute.DriveLayer) schema.Value { return schema.IntValue(l.Key) }

// Head is the name of the file that a drive writes to, without an ending.
func Head(d compute.MachineDrive) string {
	return column.HeadName(d.Key, d.StorageID, d.Generation)
}

// Freeze makes a layer of the file that a drive writes to, which lies in the given folder of a tier, and has the drive go on with a new generation above
// it. Both files have to be there. It returns the layer's key.
func Freeze(tx *store.Tx, d compute.MachineDrive, tier, folder string, generation int64) (int64, error) {
	l, err := store.Create(tx, compute.DriveLayerSet{}.File(Head(d)).Tier(tier).Folder(folder).Base(d.Base).Size(d.Disksize))
	if err != nil {
		return 0, err
	}
	return l.Int(), store.Write(tx, d.Key, compute.MachineDriveSet{}.Base(l.Int()).Generation(generation))
}
