package layer

import (
	"dewpoint/internal/model/column"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/store"
)

// Lone is a layer that only one file rests on, so that the two can become one.
type Lone struct {
	Layer   compute.DriveLayer
	Above   compute.DriveLayer // the layer that rests on it; without a key where a drive's own file does
	Drive   compute.MachineDrive
	Machine int64 // whose disks all are that rest on it
}

// Lones lists the layers that can be merged with what rests on them. Not those that a snapshot needs, that disks of several machines rest on, or that a
// drive's own file rests on which was another drive's: the merged file has the layer's name, and a drive's own file has the drive's.
func (s Set) Lones(drives []compute.MachineDrive) (list []Lone) {
	above, on := map[int64][]compute.DriveLayer{}, map[int64][]compute.MachineDrive{}
	for _, l := range s {
		above[l.Base] = append(above[l.Base], l)
	}
	for _, d := range drives {
		on[d.Base] = append(on[d.Base], d)
	}
	for _, l := range s {
		if len(above[l.Key])+len(on[l.Key]) != 1 {
			continue
		}
		lone := Lone{Layer: l}
		if len(on[l.Key]) == 1 {
			lone.Drive = on[l.Key][0]
			if key, _, _, _ := column.ReadHeadName(l.File); key != lone.Drive.Key || lone.Drive.Origin != 0 || lone.Drive.Deleted {
				continue
			}
		} else {
			lone.Above = above[l.Key][0]
		}
		machines := map[int64]bool{}
		s.machines(l.Key, above, on, machines)
		if len(machines) != 1 {
			continue
		}
		for m := range machines {
			lone.Machine = m
		}
		list = append(list, lone)
	}
	return list
}

// machines collects those whose disks rest on a layer, at any height. What isn't a disk that is written to has no guest.
func (s Set) machines(base int64, above map[int64][]compute.DriveLayer, on map[int64][]compute.MachineDrive, found map[int64]bool) {
	for _, d := range on[base] {
		if d.Origin == 0 {
			found[d.Machine] = true
		}
	}
	for _, l := range above[base] {
		s.machines(l.Key, above, on, found)
	}
}

// ReadLones reads them.
func ReadLones(tx *store.Tx) (Set, []Lone, error) {
	all, err := All(tx)
	if err != nil || len(all) == 0 {
		return all, nil, err
	}
	drives, err := store.FindRows[compute.MachineDrive](tx, store.Everything(), store.IsNot(compute.MachineDriveCol.Base, 0))
	return all, all.Lones(drives), err
}

// Merge makes one of a layer and what rests on it, in the rows: the upper one has the lower one's file from then on.
func Merge(tx *store.Tx, l Lone) error {
	if err := tx.Purge("drive_layers", keyOf(l.Layer)); err != nil {
		return err
	}
	if l.Above.Key != 0 {
		return store.Write(tx, l.Above.Key, compute.DriveLayerSet{}.File(l.Layer.File).Tier(l.Layer.Tier).Folder(l.Layer.Folder).Base(l.Layer.Base))
	}
	_, _, generation, _ := column.ReadHeadName(l.Layer.File)
	return store.Write(tx, l.Drive.Key, compute.MachineDriveSet{}.Generation(generation).Base(l.Layer.Base))
}
