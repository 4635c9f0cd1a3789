package device

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// USB is a USB device that is plugged into the host, hubs left out.
type USB struct {
	Port             string // where it is plugged in, as in 1-2.4: bus, and the ports on the way
	Bus, Number      string // decimal; the number is another one each time it is plugged in
	DevPath          string // the ports alone
	VendorID, ID     string // four hex digits each
	Vendor, Model    string // as the device says
	Serial           string
	Version, Speed   string // as in 2.00, and 480 (Mbit/s)
	InterfaceDrivers []string
}

const usbDevices = "sys/bus/usb/devices"

// ReadUSB lists the devices that can be given away. A host without USB has none.
func ReadUSB(root fs.FS) ([]USB, error) {
	entries, err := fs.ReadDir(root, usbDevices)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var found []USB
	for _, e := range entries {
		const hub = "09"
		dir := path.Join(usbDevices, e.Name())
		if strings.Contains(e.Name(), ":") || line(root, dir, "bDeviceClass") == hub || line(root, dir, "idVendor") == "" {
			continue // an interface, a hub, or one that was unplugged meanwhile
		}
		found = append(found, USB{
			Port: e.Name(), Bus: line(root, dir, "busnum"), Number: line(root, dir, "devnum"), DevPath: line(root, dir, "devpath"),
			VendorID: line(root, dir, "idVendor"), ID: line(root, dir, "idProduct"), Vendor: line(root, dir, "manufacturer"), Model: line(root, dir, "product"),
			Serial: line(root, dir, "serial"), Version: line(root, dir, "version"), Speed: line(root, dir, "speed"), InterfaceDrivers: interfaceDrivers(root, dir, e.Name()),
		})
	}
	return found, err
}

// interfaceDrivers lists what the host's kernel uses a device by.
func interfaceDrivers(root fs.FS, dir, port string) (drivers []string) {
	entries, _ := fs.ReadDir(root, dir)
	for _, e := range entries {
		driver := target(root, dir, e.Name(), "driver")
		if strings.HasPrefix(e.Name(), port+":") && driver != "" && !slices.Contains(drivers, driver) {
			drivers = append(drivers, driver)
		}
	}
	return drivers
}
