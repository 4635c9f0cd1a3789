package compute

import "regexp"

// releases are the short names of systems that end in a version, as in debian12 and ubuntu22.04.
var releases = regexp.MustCompile(`^([a-z][a-z._-]*[a-z])-?(\d[\w.]*)$`)

func (v *vmRow) os() osInfo {
	o := osInfo{Type: "hvm", Architecture: "x86_64", Machine: v.MachineType, Boot: []string{"hd", "cdrom"}, Family: v.OSFamily, Variant: v.OSVariant}
	if v.BootOrder == bootCDROM+bootDisk {
		o.Boot = []string{"cdrom", "hd"}
	}
	if m := releases.FindStringSubmatch(v.OSVariant); m != nil {
		o.Distro, o.Version = m[1], m[2]
	}
	return o
}
