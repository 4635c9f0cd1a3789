package engine

import (
	"fmt"

	"dewpoint/internal/errs"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/model/storage"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

var driveHooks = hooks{create: prepareDrive, created: importDrive, update: updateDrive}

func prepareDrive(w *Write, r *schema.Record) error {
	if err := w.number(r, "drive"); err != nil {
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
	return w.refuseNode(r)
}

// importDrive begins the import of a new drive's disk from its file. Of a file that isn't whole yet the storage controller begins it in time: an
// operation that waits for a client would hold up all others of its machine.
func importDrive(w *Write, r *schema.Record) error {
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
	return w.begin(r, compute.DriveImport{Drive: r.Key.Int(), Of: compute.ImportSource{
		File: file.Key, ID: file.StorageID, Modified: file.Modified, Size: r.Get("disksize").Int(), Tier: r.Get("preferred_tier").Text(),
	}})
}

// refuseNode keeps drives and NICs off machines that are not VMs: nodes and network routers.
func (w *Write) refuseNode(r *schema.Record) error {
	m, err := w.Tx.Get("machines", r.Get("machine"))
	if err == nil && m.Get("type").Text() != "vm" {
		err = errs.Field("machine", "machine %s is a %s, not a VM", m.Key.Text(), m.Get("type").Text())
	}
	return err
}

func updateDrive(_ *Write, old *schema.Record, set schema.Set) error {
	if size, ok := set["disksize"]; ok && size.Int() < old.Get("disksize").Int() {
		if size.Int() == 0 {
			delete(set, "disksize")
			return nil
		}
		return errs.Field("disksize", "a disk can only grow: it has %d bytes", old.Get("disksize").Int())
	}
	return nil
}

// number gives a new drive or NIC the next free number of its machine, and a name made of it, where the client gave none.
func (w *Write) number(r *schema.Record, kind string) error {
	if !r.Get("orderid").IsNull() && !r.Get("name").IsNull() {
		return nil
	}
	siblings, err := w.Tx.Find(r.Table.Name, store.Eq("machine", r.Get("machine")))
	if err != nil {
		return err
	}
	if r.Get("orderid").IsNull() {
		r.Put("orderid", schema.IntValue(freeNumber(siblings)))
	}
	if r.Get("name").Text() == "" {
		r.Put("name", schema.TextValue(fmt.Sprintf("%s_%d", kind, r.Get("orderid").Int())))
	}
	return nil
}

func freeNumber(siblings []*schema.Record) int64 {
	taken := map[int64]bool{}
	for _, s := range siblings {
		taken[s.Get("orderid").Int()] = true
	}
	n := int64(0)
	for taken[n] {
		n++
	}
	return n
}
