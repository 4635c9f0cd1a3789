package held

import (
	"fmt"
	"strconv"
	"strings"

	"dewpoint/internal/model/compute"
	"dewpoint/internal/store"
)

// Close notes that a running guest got what gaps named: it has these columns now as their rows had them when the gaps were seen.
func Close(tx *store.Tx, machine int64, closed []Gap) error {
	return amend(tx, machine, func(has snapshot, set compute.MachineStatusSet) error {
		for _, g := range closed {
			columns := has[g.Path]
			if columns == nil {
				continue
			}
			if columns[g.Column] = g.Want; g.Want == "" {
				delete(columns, g.Column)
			}
			if err := closePart(tx, g, columns, set); err != nil {
				return err
			}
		}
		return nil
	})
}

// closePart writes what other columns say of a gap that was closed.
func closePart(tx *store.Tx, g Gap, has Columns, set compute.MachineStatusSet) error {
	value, _ := strconv.ParseInt(g.Want, 10, 64)
	table, key := Part(g.Path)
	switch {
	case g.Path == "" && g.Column == compute.VMCol.RAM.Name():
		set.RunningRAM(value)
	case g.Path == "" && g.Column == compute.VMCol.CPUCores.Name():
		set.RunningCores(value)
	case table == "machine_drives" && g.Column == compute.MachineDriveCol.MediaSource.Name():
		return store.Write(tx, key, compute.MachineDriveStatusSet{}.HeldFile(value))
	case table == "machine_nics":
		vnet, _ := strconv.ParseInt(has[compute.MachineNICCol.Vnet.Name()], 10, 64)
		return writeLink(tx, key, vnet, has[compute.MachineNICCol.Enabled.Name()] != "")
	}
	return nil
}

// writeLink tells what a card that a guest has is plugged into, and whether its link is up.
func writeLink(tx *store.Tx, nic, vnet int64, up bool) error {
	set := compute.MachineNICStatusSet{}.HeldVnet(vnet).Status("down").State("offline")
	if up {
		set.Status("up").State("online")
	}
	return store.Write(tx, nic, set)
}

// PathOf names a drive or a NIC as gaps do.
func PathOf(table string, key int64) string { return fmt.Sprintf("%s/%d", table, key) }

// Part takes the path of a gap apart; no table for the VM itself.
func Part(path string) (table string, key int64) {
	table, number, _ := strings.Cut(path, "/")
	key, _ = strconv.ParseInt(number, 10, 64)
	return table, key
}
