package explain

import (
	"fmt"
	"strings"
)

// empty is what the file of a disk that nobody has written to has at most.
const empty = 1 << 20

// console says why the VM's screen may show nothing.
func (f *facts) console() []Check {
	row := fmt.Sprintf("vms/%d", f.VM.Key)
	var checks []Check
	switch {
	case !f.status().Running:
		checks = append(checks, Check{Console, "console_off", Note, "There is a screen only while the VM runs.", "See what is said of its power.", row})
	case f.status().Status == "paused":
		checks = append(checks, Check{Console, "paused", Problem, "The screen stands still, because the guest is paused.", "Use the action resume.", row})
	}
	if f.VM.Console == "none" || f.VM.Console == "serial" {
		checks = append(checks, Check{Console, "no_screen", Problem, fmt.Sprintf("The VM has no screen: its console is %s.", f.VM.Console), "Set console to vnc or spice, and power the VM off and on.", row})
	} else if f.VM.Video == "none" {
		checks = append(checks, Check{Console, "no_video", Problem, "The VM has no graphics card, so its screen stays black.", "Set video to std, and power the VM off and on.", row})
	}
	if c, ok := f.boots(); !ok {
		checks = append(checks, c)
	}
	if len(checks) == 0 {
		checks = append(checks, Check{Console, "screen", OK, "The VM has a screen and something to boot from. A guest that shows nothing may use the serial console, or the wrong firmware: see the column uefi.", "", row})
	}
	return checks
}

// boots says whether anything could be booted from.
func (f *facts) boots() (Check, bool) {
	row := fmt.Sprintf("vms/%d", f.VM.Key)
	order := f.VM.BootOrder
	if order == "" || order == "strict" {
		order = "cd"
	}
	var blank []string
	full := false
	for _, d := range f.VM.Machine.Drives {
		letter := "c"
		if d.Media == "cdrom" {
			letter = "d"
		}
		switch {
		case !d.Enabled:
		case d.Media == "cdrom" && d.Source == nil, d.Media == "disk" && d.Used < empty:
			blank = append(blank, d.Name)
		case strings.Contains(order, letter):
			return Check{}, true
		default:
			full = true
		}
	}
	switch {
	case strings.Contains(order, "n") && len(f.VM.Machine.NICs) > 0:
		return Check{Console, "network_boot", Note, "The VM can only boot from the network: it has no disk or CD-ROM with anything on it.", "See that the network offers a boot server, or attach a disk or CD-ROM.", row}, false
	case full:
		return Check{Console, "boot_order", Problem, fmt.Sprintf("The boot order %q leaves out the drives that have something on them.", f.VM.BootOrder), "Set boot_order to cd.", row}, false
	case len(blank) > 0:
		return Check{
			Console, "no_boot_disk", Problem, fmt.Sprintf("There is nothing to boot from: %s %s empty.", strings.Join(blank, ", "), map[bool]string{true: "is", false: "are"}[len(blank) == 1]),
			"Put an installation ISO into a CD-ROM drive (media_source), or import a disk image.", row,
		}, false
	}
	return Check{Console, "no_boot_disk", Problem, "There is nothing to boot from: the VM has no enabled drive.", "Make a row of machine_drives: a disk that is imported from an image, or a CD-ROM drive with an ISO.", row}, false
}
