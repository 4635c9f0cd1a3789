package compute

import (
	"cmp"
	"encoding/json"
	"strings"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
)

// The letters of vms.boot_order for the kinds of drives.
const (
	bootDisk  = "c"
	bootCDROM = "d"
)

// bootOrder is the column for the wanted drives: all of one kind come before all of the other, each in the order of the list. A CD-ROM is first when its
// boot_order says so. An empty disk is no hindrance: firmware goes on to the CD-ROM by itself.
func bootOrder(disks []diskInput) (json.RawMessage, error) {
	first, last := map[bool]int64{}, map[bool]int64{}
	for i := range disks {
		cdrom, place := disks[i].isCDROM(), disks[i].BootOrder
		if place == 0 {
			continue
		}
		if place < last[cdrom] {
			return nil, errs.New(errs.NotBuilt, "not_built", "drives of one kind boot in the order of the list; sort storage.disks by boot_order").On("disks.boot_order")
		}
		first[cdrom], last[cdrom] = cmp.Or(first[cdrom], place), place
	}
	cd, disk := first[true], first[false]
	if cd > 0 && (disk == 0 || cd < disk) {
		return engine.Text(bootCDROM + bootDisk), nil
	}
	return engine.Text(bootDisk + bootCDROM), nil
}

// bootPlaces numbers the drives in the order in which the firmware tries them; 0 for one that it doesn't.
func (v *vmRow) bootPlaces() []int64 {
	letters, places, next := v.BootOrder, make([]int64, len(v.Machine.Drives)), int64(1)
	if letters == "" || letters == "strict" {
		letters = bootDisk + bootCDROM
	}
	for letter := range strings.SplitSeq(letters, "") {
		for i := range v.Machine.Drives {
			if cdrom := v.Machine.Drives[i].Media == "cdrom"; cdrom && letter == bootCDROM || !cdrom && letter == bootDisk {
				places[i] = next
				next++
			}
		}
		if letter == "n" {
			next += int64(len(v.Machine.NICs))
		}
	}
	return places
}
