// Package held keeps what running guests have of the host, as facts in status rows, and answers from these facts whether a drive, a NIC, a network
// or a file is in use (docs/design/0024-in-use-is-what-the-host-holds.md). The VM controller reports what it sees; hooks and the storage
// controller ask, inside their transaction and without a word to the host.
package held

import (
	"errors"
	"slices"

	"dewpoint/internal/errs"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// Guest is what the host says that a machine's domain has. The zero value has nothing: it is that of a machine that is off.
type Guest struct {
	Drives map[int64]int64 // drive → the file that it reads as its medium, 0 for none
	NICs   map[int64]int64 // NIC → the network that it is plugged into
	Down   map[int64]bool  // NICs whose link is down
	// With are the rows that the domain was made from; nil where it runs and only the domain itself is known. That names the files in its
	// CD-ROM drives, which are Media then, and not the drives.
	With  *Rows
	Media []int64
	// Since is machine_status.started_with as it was before such a domain was looked at; nil for whatever it is now. Where something else was noted since,
	// the look is too old.
	Since *string
	// Console is what can be looked at: vnc, spice or serial, "" for nothing.
	Console string
}

// drive tells whether the guest has a drive, and which file as its medium. Of a domain that is only known by sight a CD-ROM drive is what was known of
// it, as far as the file fits.
func (g Guest) drive(d compute.MachineDrive, last compute.MachineDriveStatus) (file int64, has bool) {
	if g.With != nil || d.Media != "cdrom" || g.Drives == nil {
		file, has = g.Drives[d.Key]
		return file, has
	}
	for _, f := range []int64{last.HeldFile, d.MediaSource} {
		if f != 0 && slices.Contains(g.Media, f) {
			return f, true
		}
	}
	return 0, last.Holder != 0
}

// ErrStale says that more is known of a guest than a look at it has found.
var ErrStale = errors.New("the guest was changed after it was looked at")

// Rows are those of a machine that a domain is made from.
type Rows struct {
	VM     compute.VM
	Drives []compute.MachineDrive
	NICs   []compute.MachineNIC
	// Devices are the others, and TPMs the settings of those that are one.
	Devices []compute.MachineDevice
	TPMs    []compute.MachineDeviceSettingsTpm
	Seed    []compute.CloudinitFile // that cloud-init finds; none where the VM has no source for them
}

// Report writes what a machine's guest has into the status rows of its drives and NICs, and what now waits for its next start into the VM's.
// It writes only what differs. ErrStale for a look at a domain that was changed since.
func Report(tx *store.Tx, machine int64, running bool, g Guest) error {
	status, err := store.GetRow[compute.MachineStatus](tx, machine, store.Everything())
	if err != nil {
		return err
	}
	if g.Since != nil && *g.Since != status.StartedWith {
		return ErrStale
	}
	if err := reportDrives(tx, machine, g); err != nil {
		return err
	}
	if err := reportNICs(tx, machine, g); err != nil {
		return err
	}
	if err := reportDevices(tx, machine, running, g); err != nil {
		return err
	}
	with, err := startedWith(tx, running, g, status)
	if err != nil {
		return err
	}
	if with != status.StartedWith {
		if err := store.Write(tx, machine, compute.MachineStatusSet{}.StartedWith(with)); err != nil {
			return err
		}
	}
	return Tell(tx, machine)
}

// startedWith is the text of machine_status.started_with: of a domain that somebody else has seen start, what stands there, but for what it hasn't any more.
func startedWith(tx *store.Tx, running bool, g Guest, status compute.MachineStatus) (string, error) {
	switch {
	case !running:
		return "", nil
	case g.With != nil:
		return snapshotOf(tx.Schema(), *g.With).text()
	case status.StartedWith == "":
		return "{}", nil
	}
	has, err := read(status)
	if err != nil {
		return "", err
	}
	if err := g.lost(tx, status.Key, has); err != nil {
		return "", err
	}
	return has.text()
}

// reportDrives writes online and offline. Other words (importing, error) are the storage controller's, and stay. It touches a drive that was taken or
// let go: what the storage controller may do to its file hangs on that.
func reportDrives(tx *store.Tx, machine int64, g Guest) error {
	drives, err := store.FindRows[compute.MachineDrive](tx, store.Everything(), store.Is(compute.MachineDriveCol.Machine, machine))
	if err != nil {
		return err
	}
	for _, drive := range drives {
		has, err := store.GetRow[compute.MachineDriveStatus](tx, drive.Key, store.Everything())
		if err != nil {
			return err
		}
		want := has
		file, attached := g.drive(drive, has)
		want.Holder, want.HeldFile = 0, file
		switch {
		case attached:
			want.Holder, want.Status = machine, "online"
		case has.Status == "online":
			want.Status = "offline"
		}
		if drive.Deleted {
			want.Status = has.Status
		}
		if want == has {
			continue
		}
		tx.Touch("machine_drives", schema.IntValue(drive.Key))
		if err := store.Put(tx, has, want); err != nil {
			return err
		}
	}
	return nil
}

func reportNICs(tx *store.Tx, machine int64, g Guest) error {
	nics, err := store.FindRows[compute.MachineNIC](tx, store.Is(compute.MachineNICCol.Machine, machine))
	if err != nil {
		return err
	}
	for _, nic := range nics {
		has, err := store.GetRow[compute.MachineNICStatus](tx, nic.Key)
		if err != nil {
			return err
		}
		want := has
		vnet, attached := g.NICs[nic.Key]
		want.HeldVnet, want.Status, want.State = vnet, "down", "offline"
		if attached && !g.Down[nic.Key] {
			want.Status, want.State = "up", "online"
		}
		if want == has {
			continue
		}
		if err := store.Put(tx, has, want); err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
	}
	return nil
}
