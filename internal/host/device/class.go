package device

// Kinds of devices: the words of resource_groups.class.
const (
	GPU     = "gpu"
	Network = "network"
	Storage = "storage"
	USBHost = "usb"
	Audio   = "audio"
	Media   = "media"
	HID     = "hid"
	Other   = "pci"
)

// class is what a class of the PCI Code and ID Assignment Specification is called, and which kind it is.
type class struct{ name, kind string }

// classes has base classes (two digits) and the subclasses (four) that say more.
var classes = map[string]class{
	"00": {"Unclassified device", Other}, "01": {"Mass storage controller", Storage}, "0100": {"SCSI storage controller", Storage}, "0101": {"IDE interface", Storage},
	"0104": {"RAID bus controller", Storage}, "0106": {"SATA controller", Storage}, "0107": {"Serial Attached SCSI controller", Storage},
	"0108": {"Non-Volatile memory controller", Storage}, "02": {"Network controller", Network}, "0200": {"Ethernet controller", Network},
	"0207": {"InfiniBand controller", Network}, "03": {"Display controller", GPU}, "0300": {"VGA compatible controller", GPU}, "0302": {"3D controller", GPU},
	"04": {"Multimedia controller", Media}, "0401": {"Multimedia audio controller", Audio}, "0403": {"Audio device", Audio}, "05": {"Memory controller", Other},
	"06": {"Bridge", Other}, "0600": {"Host bridge", Other}, "0601": {"ISA bridge", Other}, "0604": {"PCI bridge", Other}, "07": {"Communication controller", Other},
	"0700": {"Serial controller", Other}, "08": {"Generic system peripheral", Other}, "09": {"Input device controller", HID}, "0a": {"Docking station", Other},
	"0b": {"Processor", Other}, "0c": {"Serial bus controller", Other}, "0c03": {"USB controller", USBHost}, "0c05": {"SMBus", Other},
	"0d": {"Wireless controller", Network}, "0e": {"Intelligent controller", Other}, "0f": {"Satellite communications controller", Other}, "10": {"Encryption controller", Other},
	"11": {"Signal processing controller", Other}, "12": {"Processing accelerators", Other}, "13": {"Non-Essential Instrumentation", Other}, "ff": {"Unassigned class", Other},
}

// ClassName is what the device's class is called.
func (d *PCI) ClassName() string { return d.class().name }

// Kind is one of the kinds.
func (d *PCI) Kind() string { return d.class().kind }

func (d *PCI) class() class {
	for _, digits := range []int{4, 2} {
		if c, known := classes[d.Class[:min(digits, len(d.Class))]]; known {
			return c
		}
	}
	return class{"Class " + d.Class, Other}
}

// IsBridge reports whether it is a part of the bus, which no guest can have.
func (d *PCI) IsBridge() bool { return len(d.Class) > 1 && d.Class[:2] == "06" }
