package compute

import (
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/model/storage"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

var driveHooks = engine.Hooks{Create: prepareDrive, Created: importDrive, Update: updateDrive}

func prepareDrive(w *engine.Inside, r *schema.Record) error {
	if err := number(w, r, "drive"); err != nil {
		return err
	}
	media := r.Get("media").Text()
	if media == "" {
		media = "disk"
	}
	if media == "disk" && r.Get("disksize").Int() == 0 {
		return errs.Field("disksize", "a new disk needs a size in bytes")
	}
	if (media == "import" || media == "clone") && r.Get("media_source").IsNull() {
		return errs.Field("media_source", "media %s needs a file to take the content from", media)
	}
	return refuseNode(w, r)
}

// importDrive begins the import of a new drive's disk from its file. Of a file that isn't whole yet the storage controller begins it in time: an
// operation that waits for a client would hold up all others of its machine.
func importDrive(w *engine.Inside, r *schema.Record) error {
	if media := r.Get("media").Text(); media != "import" && media != "clone" {
		return nil
	}
	file, err := store.GetRow[storage.File](w.Tx, r.Get("media_source"))
	if err != nil || !file.Complete {
		return err
	}
	if err := w.Tx.Change("machine_drive_status", r.Key, schema.Set{"status": schema.TextValue("importing")}); err != nil {
		return err
	}
	return w.Begin(r, compute.DriveImport{Drive: r.Key.Int(), Of: compute.ImportSource{
		File: file.Key, ID: file.StorageID, Modified: file.Modified, Size: r.Get("disksize").Int(), Tier: r.Get("preferred_tier").Text(),
	}})
}

func updateDrive(_ *engine.Inside, old *schema.Record, set schema.Set) error {
	if size, ok := set["disksize"]; ok && size.Int() < old.Get("disksize").Int() {
		if size.Int() == 0 {
			delete(set, "disksize")
			return nil
		}
		return errs.Field("disksize", "a disk can only grow: it has %d bytes", old.Get("disksize").Int())
	}
	return nil
}
