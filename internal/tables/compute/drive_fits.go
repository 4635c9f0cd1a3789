package compute

import (
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// mostDrives is how many drives a machine can have: QEMU opens all of them, and each is a name and a place in the domain.
const mostDrives = 256

// fitsBus refuses what no domain could be made of.
func fitsBus(r *schema.Record) error {
	d := store.RowOf[compute.MachineDrive](r)
	switch {
	case d.Media == "cdrom" && d.Interface == "virtio":
		return errs.Field("interface", "a CD-ROM drive can't have the interface virtio; use virtio-scsi, ahci or ide")
	case d.Media != "cdrom" && d.Readonly && (d.Interface == "ide" || d.Interface == "ahci"):
		return errs.Field("readonly", "a disk with the interface %s can't be read-only; use virtio-scsi or virtio", d.Interface)
	}
	return nil
}

// fitsMachine holds a drive that comes to a machine, or changes its place there, against the others.
func fitsMachine(w *engine.Inside, r *schema.Record, comes bool) error {
	drive := compute.MachineDriveCol
	siblings, err := w.Tx.Find("machine_drives", store.IsAmong(drive.Machine, drive.Machine.Of(r)))
	if err != nil {
		return err
	}
	others := 0
	for _, s := range siblings {
		if s.Key == r.Key {
			continue
		}
		others++
		if drive.Orderid.Of(s) == drive.Orderid.Of(r) {
			return errs.Field("orderid", "drive \"%s\" has the number %d already, and two can't boot at the same place; leave orderid out to get the next free one",
				errs.Clip(drive.Name.Of(s).Text()), drive.Orderid.Of(r).Int())
		}
	}
	if comes && others >= mostDrives {
		return errs.Field("machine", "machine %d has %d drives, which is the most", drive.Machine.Of(r).Int(), others)
	}
	return nil
}

// fitsAgain holds a changed drive against its bus and the others, as far as the change is about that. What was so before stays. One that comes
// without a number gets the next free one.
func fitsAgain(w *engine.Inside, old *schema.Record, set schema.Set) error {
	drive, next := compute.MachineDriveCol, old.With(set)
	if drive.Interface.Of(next) != drive.Interface.Of(old) || drive.Readonly.Of(next) != drive.Readonly.Of(old) {
		if err := fitsBus(next); err != nil {
			return err
		}
	}
	comes := drive.Machine.Of(next) != drive.Machine.Of(old)
	if _, numbered := drive.Orderid.In(set); comes && !numbered {
		siblings, err := w.Tx.Find("machine_drives", store.IsAmong(drive.Machine, drive.Machine.Of(next)))
		if err != nil {
			return err
		}
		compute.MachineDriveSet(set).Orderid(drivePart.freeNumber(siblings))
		next.PutAll(set)
	}
	if comes || drive.Orderid.Of(next) != drive.Orderid.Of(old) {
		return fitsMachine(w, next, comes)
	}
	return nil
}
