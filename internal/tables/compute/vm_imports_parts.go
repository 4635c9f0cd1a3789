package compute

import (
	"cmp"
	"net"
	"slices"
	"strings"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/model/network"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// osFamily guesses os_family by what an operating system is called.
func osFamily(system string) string {
	system = strings.ToLower(system)
	called := func(words ...string) bool {
		return slices.ContainsFunc(words, func(word string) bool { return strings.Contains(system, word) })
	}
	switch {
	case called("windows"), strings.HasPrefix(system, "win"):
		return "windows"
	case called("bsd"):
		return "freebsd"
	case system == "", called("other") && !called("linux"), called("solaris", "darwin", "macos"):
		return "other"
	}
	return "linux"
}

// attached returns the interface by which a drive of the file is attached here, and whether its guest needs another driver for it.
func attached(d compute.ApplianceDrive) (name string, other bool) {
	switch d.Bus {
	case "ide":
		if strings.Contains(d.Model, "ahci") {
			return "ahci", false
		}
		return "ide", false
	case "sata":
		return "ahci", false
	case "usb":
		return "usb", false
	case "virtio":
		return "virtio-scsi", false
	case "nvme":
		return "ahci", true
	case "":
		return "ahci", false
	}
	switch {
	case strings.Contains(d.Model, "sas"):
		return "mptsas1068", false
	case strings.Contains(d.Model, "lsilogic"), strings.Contains(d.Model, "lsi"):
		return "lsi53c895a", false
	}
	return "virtio-scsi", true // as VMware's own and BusLogic
}

// planDrive tells what becomes of a drive; false when it is left out.
func (in *importing) planDrive(i int, d compute.ApplianceDrive) (plannedDrive, bool, error) {
	of := compute.MachineDriveCol
	if d.CD && in.row.NoOpticalDrives {
		return plannedDrive{}, false, in.tell("message", "Drive %d: a CD-ROM drive, left out.", i)
	}
	name, other := attached(d)
	if d.CD {
		name, other = "ahci", false
	} else if in.row.OverrideDriveInterface != "" {
		name, other = in.row.OverrideDriveInterface, false
	}
	row := schema.Input{of.Interface.Name(): engine.Text(name), of.Orderid.Name(): engine.Number(int64(i))}
	if d.CD {
		row[of.Media.Name()] = engine.Text("cdrom")
		if d.Disk.File != 0 && d.Disk.Length == 0 {
			row[of.MediaSource.Name()] = engine.Number(d.Disk.File)
			return plannedDrive{row: row, cd: true}, true, in.tell("message", "Drive %d: a CD-ROM drive with %q.", i, d.Disk.Name)
		}
		if d.Disk.File != 0 {
			return plannedDrive{row: row, cd: true}, true, in.tell("warning", "Drive %d: a CD-ROM drive. It is empty, because its medium %q lies in the archive; upload it as a file.", i, d.Disk.Name)
		}
		return plannedDrive{row: row, cd: true}, true, in.tell("message", "Drive %d: an empty CD-ROM drive.", i)
	}
	row[of.Media.Name()], row[of.Disksize.Name()] = engine.Text("disk"), engine.Number(d.Disk.Size)
	row[of.PreferredTier.Name()] = engine.Text(cmp.Or(in.row.PreferredTier, "1"))
	what := "an empty disk"
	if d.Disk.Format != "" {
		what = "a disk of " + d.Disk.Format + " from " + d.Disk.Name
	}
	err := in.tell("message", "Drive %d: %s, %d bytes, by %s.", i, what, d.Disk.Size, name)
	if err == nil && other {
		err = in.tell("warning", "Drive %d was attached by %s, which there isn't; it is attached by %s. A guest without the driver for that doesn't boot: set override_drive_interface.",
			i, cmp.Or(d.Model, d.Bus), name)
	}
	return plannedDrive{row: row, disk: d.Disk}, true, err
}

// cards are the models that there are, by words in those of files.
var cards = []struct{ word, model string }{
	{"e1000e", "e1000e"}, {"e1000", "e1000"}, {"82545", "e1000"}, {"vmxnet3", "vmxnet3"}, {"pcnet", "pcnet"}, {"virtio", "virtio"}, {"rtl8139", "rtl8139"},
}

// planNIC tells what becomes of a card.
func (in *importing) planNIC(i int, n compute.ApplianceNIC) (schema.Input, error) {
	of, model := compute.MachineNICCol, ""
	for _, c := range cards {
		if model == "" && strings.Contains(n.Model, c.word) {
			model = c.model
		}
	}
	other := model == "" && n.Model != ""
	model = cmp.Or(in.row.OverrideNICInterface, model, "e1000")
	row := schema.Input{of.Interface.Name(): engine.Text(model), of.Orderid.Name(): engine.Number(int64(i))}
	if err := in.tell("message", "Network card %d: %s.", i, model); err != nil {
		return nil, err
	}
	if other && in.row.OverrideNICInterface == "" {
		if err := in.tell("warning", "Network card %d was a %s, which there isn't; it is an e1000.", i, n.Model); err != nil {
			return nil, err
		}
	}
	if err := in.plug(i, n, row); err != nil {
		return nil, err
	}
	return row, in.address(i, n, row)
}

// plug connects a card to the network that is called as the file's.
func (in *importing) plug(i int, n compute.ApplianceNIC, row schema.Input) error {
	rows, err := store.FindRows[network.Vnet](in.w.Tx, store.Is(network.VnetCol.Name, n.Network))
	if err != nil {
		return err
	}
	for _, vnet := range rows {
		if in.w.See("vnets", schema.IntValue(vnet.Key).Text()) == nil {
			row[compute.MachineNICCol.Vnet.Name()] = engine.Number(vnet.Key)
			return in.tell("message", "Network card %d is plugged into the network %q.", i, n.Network)
		}
	}
	return in.tell("warning", "Network card %d isn't plugged in: there is no network %q.", i, n.Network)
}

// address keeps the MAC address of a card, where it may.
func (in *importing) address(i int, n compute.ApplianceNIC, row schema.Input) error {
	if !in.row.PreserveMacs || n.MAC == "" {
		return nil
	}
	of := compute.MachineNICCol
	mac, err := net.ParseMAC(n.MAC)
	if err != nil || len(mac) != 6 || mac[0]&1 != 0 {
		return in.tell("warning", "Network card %d gets a new MAC address: the file's is none that a card can have.", i)
	}
	taken, err := store.FindRows[compute.MachineNIC](in.w.Tx, store.Is(of.Macaddress, mac.String()))
	if err != nil {
		return err
	}
	if len(taken) > 0 {
		return in.tell("warning", "Network card %d gets a new MAC address: another card has %s.", i, mac)
	}
	row[of.Macaddress.Name()] = engine.Text(mac.String())
	return nil
}

// ignoreEnded takes it for success that an operation has ended meanwhile.
func ignoreEnded(err error) error {
	if errs.Is(err, errs.Conflict) {
		return nil
	}
	return err
}
