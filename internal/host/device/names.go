package device

import (
	"bufio"
	"bytes"
	"io/fs"
	"strings"
)

// Names has what numbers of vendors and devices are called. The zero value knows none.
type Names struct {
	vendors, devices map[string]string // devices by vendor and device, one behind the other
}

// PCINames reads the list of PCI devices, USBNames that of USB devices. A host that lacks it has no names.
func PCINames(root fs.FS) Names { return readNames(root, "pci.ids") }

// USBNames reads the list of USB devices.
func USBNames(root fs.FS) Names { return readNames(root, "usb.ids") }

func readNames(root fs.FS, file string) Names {
	n := Names{vendors: map[string]string{}, devices: map[string]string{}}
	for _, dir := range []string{"usr/share/misc/", "usr/share/hwdata/", "usr/share/"} {
		if text, err := fs.ReadFile(root, dir+file); err == nil {
			n.read(text)
			return n
		}
	}
	return n
}

// read takes vendors, which begin their line, and devices, one tab further in. What is deeper are subsystems, and behind the vendors come other
// lists, which begin with a letter and a blank.
func (n Names) read(text []byte) {
	vendor := ""
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		words := strings.TrimLeft(lines.Text(), "\t")
		depth := len(lines.Text()) - len(words)
		id, name, ok := strings.Cut(words, "  ")
		switch {
		case !ok || strings.HasPrefix(words, "#") || depth > 1:
		case depth == 1 && vendor != "":
			n.devices[vendor+id] = name
		case depth == 0 && len(id) == 4:
			vendor, n.vendors[id] = id, name
		case depth == 0:
			vendor = ""
		}
	}
}

// Vendor is the name of a vendor, or its number where that has none.
func (n Names) Vendor(id string) string {
	if name := n.vendors[id]; name != "" {
		return name
	}
	return id
}

// Device is the name of a vendor's device, or its number where that has none.
func (n Names) Device(vendor, id string) string {
	if name := n.devices[vendor+id]; name != "" {
		return name
	}
	return id
}
