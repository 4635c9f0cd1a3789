package compute

import (
	"slices"

	"dewpoint/internal/errs"
)

// refuse names what the client asks for and Dewpoint can't do: leaving it out silently would be a lie. Memory (in MiB) and vcpus are what the VM has
// or shall have.
func (b *ComputeInput) refuse(memory, vcpus int64) error {
	if arch := b.Architecture; arch != "" && arch != "x86_64" {
		return errs.New(errs.NotBuilt, "architecture_not_built", "architecture %q isn't supported; use x86_64", arch).On("architecture")
	}
	for _, f := range []struct {
		name  string
		asked bool
	}{
		{"pci_devices", len(b.PCIDevices) > 0},
		{"template", b.Template != ""},
		{"custom_xml", b.CustomXML != ""},
		{"os_info.codename", b.OSInfo != nil && b.OSInfo.Codename != ""},
	} {
		if f.asked {
			return errs.New(errs.NotBuilt, "not_built", "Dewpoint can't give a VM %s yet; leave it out", f.name).On(f.name)
		}
	}
	for _, most := range []struct {
		name      string
		asked, is int64
	}{{"max_memory", b.MaxMemory, memory}, {"max_vcpus", b.MaxVCPUs, vcpus}} {
		if err := ceiling(most.name, most.asked, most.is); err != nil {
			return err
		}
	}
	for i := range b.Graphics {
		if err := b.Graphics[i].refuse(); err != nil {
			return err
		}
	}
	return nil
}

// ceiling refuses one that differs from what the VM has: a guest can't grow while it runs.
func ceiling(name string, asked, is int64) error {
	switch {
	case asked == 0 || asked == is:
		return nil
	case asked < is:
		return errs.New(errs.Invalid, "invalid_"+name, "%s %d is less than the VM's %d; leave it out", errs.Ours(name), asked, is).On(name)
	}
	return errs.New(errs.NotBuilt, "not_built", "a VM can't grow while it runs yet; set %s to %d, or leave it out", errs.Ours(name), is).On(name)
}

// anywhere are the addresses on which a screen is said to listen when the server alone lets people in.
var anywhere = []string{"", "0.0.0.0", "127.0.0.1"}

func (g *graphicsInput) refuse() error {
	field := ""
	switch {
	case g.Type == "egl-headless":
		field = "graphics.type"
	case g.Port > 0:
		field = "graphics.port"
	case g.Autoport != nil && !*g.Autoport:
		field = "graphics.autoport"
	case !slices.Contains(anywhere, g.Listen):
		field = "graphics.listen"
	default:
		return nil
	}
	return errs.New(errs.NotBuilt, "not_built", "a VM's screen has no address or port of its own, because connections go through the server; leave %s out", errs.Ours(field)).On(field)
}

// refuse names what a drive can't be. Both words for how its file is written are those of what happens anyway.
func (d *diskInput) refuse() error {
	for _, f := range []struct{ name, asked, is string }{{"cache", d.Cache, diskCache}, {"io_mode", d.IOMode, diskIO}} {
		if f.asked != "" && f.asked != "default" && f.asked != f.is {
			return errs.New(errs.NotBuilt, "not_built", "a disk's %s is always %s; leave it out", errs.Ours(f.name), errs.Ours(f.is)).On("disks." + f.name)
		}
	}
	if d.Device == "floppy" {
		return errs.New(errs.NotBuilt, "not_built", "Dewpoint can't give a VM a floppy drive yet; use disk or cdrom").On("disks.device")
	}
	return nil
}

// What QEMU does where the domain says nothing of it.
const (
	diskCache = "writeback"
	diskIO    = "threads"
)

// named refuses a target that a new drive isn't going to have; counts has how many drives have a target with each prefix.
func (d *diskInput) named(bus string, counts map[string]int) error {
	prefix := targetPrefix(bus)
	name := targetName(prefix, counts[prefix])
	counts[prefix]++
	if d.Target != "" && d.Target != name {
		return errs.New(errs.NotBuilt, "not_built", "drives are named in order: this one will be %s, not %q; leave target out", errs.Ours(name), d.Target).On("disks.target")
	}
	return nil
}
