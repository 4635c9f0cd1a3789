package compute

import (
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/held"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/model/storage"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

var driveHooks = engine.Hooks{Create: prepareDrive, Created: importDrive, Update: updateDrive, Remove: removeDrive, Changed: drivePart.changed, Actions: map[string]engine.Action{"export": exportDrive}}

var drivePart = part{
	machine: compute.MachineDriveCol.Machine, orderid: compute.MachineDriveCol.Orderid, name: compute.MachineDriveCol.Name, kind: "drive",
}

func prepareDrive(w *engine.Inside, r *schema.Record) error {
	if err := mayTune(w, nil, schema.Set(compute.MachineDriveSet{}.Advanced(compute.MachineDriveCol.Advanced.Of(r).Text())), compute.MachineDriveCol.Advanced); err != nil {
		return err
	}
	if err := drivePart.number(w, r); err != nil {
		return err
	}
	if err := fitsBus(r); err != nil {
		return err
	}
	if err := fitsMachine(w, r, true); err != nil {
		return err
	}
	drive := compute.MachineDriveCol
	media := drive.Media.Of(r).Text()
	if media == "" {
		media = "disk"
	}
	if media == "disk" && drive.Disksize.Of(r).Int() == 0 && drive.CloneOf.Of(r).IsNull() {
		return errs.Field("disksize", "a new disk needs a size in bytes")
	}
	if size := drive.Disksize.Of(r); !size.IsNull() {
		drive.Disksize.Put(r, sectors(size.Int()))
	}
	if (media == "import" || media == "clone") && drive.MediaSource.Of(r).IsNull() {
		return errs.Field("media_source", "media %s needs a source file", media)
	}
	return refuseNode(w, drive.Machine.Of(r))
}

// importDrive begins the import of a new drive's disk from its file. Of a file that isn't whole yet the storage controller begins it in time: an
// operation that waits for a client would hold up all others of its machine.
func importDrive(w *engine.Inside, r *schema.Record) error {
	if media := compute.MachineDriveCol.Media.Of(r).Text(); media != "import" && media != "clone" {
		return nil
	}
	file, err := store.GetRow[storage.File](w.Tx, compute.MachineDriveCol.MediaSource.Of(r))
	if err != nil || !file.Complete {
		return err
	}
	if err := store.Write(w.Tx, r.Key, compute.MachineDriveStatusSet{}.Status("importing")); err != nil {
		return err
	}
	return w.Begin(r, compute.DriveImport{Drive: r.Key.Int(), Of: compute.ImportSource{
		File: file.Key, ID: file.StorageID, Modified: file.Modified, Size: compute.MachineDriveCol.Disksize.Of(r).Int(), Tier: compute.MachineDriveCol.PreferredTier.Of(r).Text(),
	}})
}

// removeDrive keeps a disk under a guest that writes it.
func removeDrive(w *engine.Inside, r *schema.Record) error {
	if err := refuseFrozen(compute.MachineDriveCol.Origin.Of(r).Int() != 0); err != nil {
		return err
	}
	return held.Drive(w.Tx, store.RowOf[compute.MachineDrive](r))
}

func updateDrive(w *engine.Inside, old *schema.Record, set schema.Set) error {
	if err := mayTune(w, old, set, compute.MachineDriveCol.Advanced); err != nil {
		return err
	}
	if err := refuseFrozen(compute.MachineDriveCol.Origin.Of(old).Int() != 0); err != nil {
		return err
	}
	if machine, ok := compute.MachineDriveCol.Machine.In(set); ok && machine != compute.MachineDriveCol.Machine.Of(old) {
		if err := held.Drive(w.Tx, store.RowOf[compute.MachineDrive](old)); err != nil {
			return err // its file would move under the guest
		}
		if err := refuseNode(w, machine); err != nil {
			return err
		}
	}
	if err := fitsAgain(w, old, set); err != nil {
		return err
	}
	size, given := compute.MachineDriveCol.Disksize.In(set)
	if !given {
		return nil
	}
	has := compute.MachineDriveCol.Disksize.Of(old).Int()
	switch rounded := sectors(size.Int()); {
	case rounded == 0 && has > 0:
		delete(set, "disksize")
	case rounded < has:
		return errs.Field("disksize", "a disk can only grow: it has %d bytes", has)
	case !size.IsNull():
		compute.MachineDriveSet(set).Disksize(rounded)
	}
	return nil
}

// sectors rounds a size up to what a disk can have.
func sectors(size int64) int64 {
	const sector = 512
	return (size + sector - 1) / sector * sector
}
