package storage

import (
	"context"
	"errors"

	"dewpoint/internal/control/loop"
	"dewpoint/internal/errs"
	"dewpoint/internal/fileio"
	"dewpoint/internal/host/block"
	"dewpoint/internal/model/column"
	"dewpoint/internal/model/system"
	"dewpoint/internal/quarantine"
)

// sorted is what lies in the pools by whose it is.
type sorted struct {
	disks   map[int64]string // drive → its file
	parts   map[int64][]string
	nobodys []lying // in no drive's name, or not for certain
}

// Known is what the database has beyond the drives of this node's VMs.
type Known struct {
	Drives   map[string]bool // all drives, tombstones too, and all layers, by the names of their files
	Busy     map[int64]bool  // drives whose next files an operation may just be making
	Machines map[string]bool // UUIDs of all machines, tombstones too
}

// sortOut finds out whose the files are. A name with an id is its drive's wherever it lies, for a drive may move with its machine. Drives of older
// versions have no id, and their file is known by its machine's folder too: what lies under a machine that is unknown was another database's.
// Of two files in one drive's name the one in its place counts. A layer lies where its row says. Files of drives that others look after are left out, and
// so is all of a drive whose disks an operation works on. It is pure.
func sortOut(dataDir string, drives []Drive, layers []Layer, found []lying, known Known) sorted {
	s := sorted{disks: map[int64]string{}, parts: map[int64][]string{}}
	byName, byKey := make(map[string]*Drive, len(drives)), make(map[int64]*Drive, len(drives))
	machines := make(map[string]bool, len(drives))
	for i := range drives {
		machines[drives[i].MachineUUID], byKey[drives[i].Key] = true, &drives[i]
		if !drives[i].Frozen {
			byName[drives[i].Head] = &drives[i]
		}
	}
	places := layerPlaces(layers)
	kept := map[int64]lying{}
	for _, f := range found {
		d := byName[f.name]
		switch {
		case places[f.name] == f.path && !f.part, busy(byKey, f, known):
		case d == nil && known.Drives[f.name]:
		case d == nil, d.StorageID == "" && !machines[f.folder] && !known.Machines[f.folder]:
			s.nobodys = append(s.nobodys, f)
		case f.part:
			s.parts[d.Key] = append(s.parts[d.Key], f.path)
		case s.disks[d.Key] == "":
			s.disks[d.Key], kept[d.Key] = f.path, f
		case f.path == d.place(dataDir):
			s.nobodys = append(s.nobodys, kept[d.Key])
			s.disks[d.Key] = f.path
		default:
			s.nobodys = append(s.nobodys, f)
		}
	}
	return s
}

// busy reports whether a file is of a drive that an operation works on, and not its present one.
func busy(drives map[int64]*Drive, f lying, known Known) bool {
	key, _, _, _ := column.ReadHeadName(f.name)
	d := drives[key]
	return known.Busy[key] || d != nil && d.Busy && (f.part || d.Head != f.name)
}

// place is where the drive's file belongs.
func (d *Drive) place(dataDir string) string {
	return block.DrivePath(dataDir, d.Tier, d.MachineUUID, d.Head)
}

// look finds what lies in the pools. The database is asked for more only when something is nobody's at first sight.
func (c *Controller) look(ctx context.Context, w Wish) (sorted, error) {
	found, err := scan(c.DataDir)
	if err != nil {
		return sorted{}, err
	}
	s := sortOut(c.DataDir, w.Drives, w.Layers, found, Known{})
	if len(s.nobodys) == 0 {
		return s, nil
	}
	known, err := c.Rows.Known(ctx)
	if err != nil {
		return sorted{}, err
	}
	return sortOut(c.DataDir, w.Drives, w.Layers, found, known), nil
}

// setAside puts into quarantine what is nobody's. What a program is using stays until it ends.
func (c *Controller) setAside(ctx context.Context, files []lying) error {
	var failed []error
	for _, f := range files {
		t := quarantine.Thing{Kind: system.FoundDisk, Path: f.path, Why: "there is no drive with this key and id, or its disk is another file"}
		if f.part {
			t.Kind, t.Why = system.FoundUnfinished, "there is no drive with this key and id that it was being made for"
		}
		if err := c.Keeper.Hold(ctx, t); err != nil && !errs.Is(err, errs.Conflict) {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// underWay tells the drives that have work or an import under way, which is at its unfinished file. An import that a pass doesn't know of can't have
// begun since it read the rows: it begins with its drive, or by a pass.
func underWay(drives []Drive, pass *loop.Pass) func(drive int64) bool {
	imports := map[int64]bool{}
	for _, d := range drives {
		imports[d.Key] = d.Import != nil && d.Import.Open || d.Busy
	}
	return func(drive int64) bool { return imports[drive] || pass.Busy(drive) }
}

// clearParts removes what a crash left half-made of drives that are there.
func (c *Controller) clearParts(parts map[int64][]string, busy func(drive int64) bool) {
	for key, paths := range parts {
		for _, path := range paths {
			if busy(key) {
				continue
			}
			c.Log.Warn("removing an unfinished disk file", "drive", key)
			if err := fileio.Remove(path); err != nil {
				c.Log.Error("an unfinished disk file can't be removed", "drive", key, "err", err)
			}
		}
	}
}
