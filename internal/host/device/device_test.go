package device_test

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"dewpoint/internal/host/device"
)

// host has a graphics card, a network card with one virtual function, a USB stick and a hub.
func host(t *testing.T) fs.FS {
	t.Helper()
	root := t.TempDir()
	put := func(name string, write func(path string) error) {
		path := filepath.Join(root, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), write(path)); err != nil {
			t.Fatal(err)
		}
	}
	file := func(name, text string) {
		put(name, func(path string) error { return os.WriteFile(path, []byte(text+"\n"), 0o600) })
	}
	link := func(name, to string) { put(name, func(path string) error { return os.Symlink(to, path) }) }
	pci := func(address, class, vendor, id string) string {
		dir := "sys/bus/pci/devices/" + address + "/"
		file(dir+"class", class)
		file(dir+"vendor", vendor)
		file(dir+"device", id)
		file(dir+"numa_node", "-1")
		return dir
	}
	card := pci("0000:01:00.0", "0x030000", "0x10de", "0x1eb8")
	file(card+"subsystem_vendor", "0x10de")
	file(card+"subsystem_device", "0x12a2")
	file(card+"revision", "0xa1")
	file(card+"numa_node", "1")
	link(card+"iommu_group", "../../../kernel/iommu_groups/17")
	link(card+"driver", "../../drivers/nouveau")
	link("sys/bus/pci/drivers/nouveau/module", "../../../../module/nouveau")
	file("sys/bus/pci/slots/4/address", "0000:01:00")
	nic := pci("0000:02:00.0", "0x020000", "0x8086", "0x1572")
	file(nic+"sriov_totalvfs", "64")
	file(nic+"sriov_numvfs", "1")
	function := pci("0000:02:02.0", "0x020000", "0x8086", "0x154c")
	link(function+"physfn", "../0000:02:00.0")
	usb := func(port, class, vendor string) string {
		dir := "sys/bus/usb/devices/" + port + "/"
		file(dir+"bDeviceClass", class)
		file(dir+"idVendor", vendor)
		file(dir+"idProduct", "5581")
		return dir
	}
	usb("usb1", "09", "1d6b")
	stick := usb("1-2.4", "00", "0781")
	for name, text := range map[string]string{"busnum": "1", "devnum": "7", "devpath": "2.4", "manufacturer": "SanDisk", "serial": "4C53", "version": " 2.10", "speed": "480"} {
		file(stick+name, text)
	}
	link(stick+"1-2.4:1.0/driver", "../../../bus/usb/drivers/usb-storage")
	file("sys/bus/usb/devices/1-2.4:1.0/bInterfaceClass", "08")
	file("usr/share/misc/pci.ids", "# a comment\n10de  NVIDIA Corporation\n\t1eb8  TU104GL [Tesla T4]\n\t\t10de 12a2  Tesla T4\n8086  Intel Corporation\n\t1572  Ethernet Controller X710\nC 03  Display controller\n\t00  VGA compatible controller")
	return os.DirFS(root)
}

func TestPCI(t *testing.T) {
	t.Parallel()
	got, err := device.ReadPCI(host(t))
	if err != nil {
		t.Fatal(err)
	}
	want := []device.PCI{
		{Address: "0000:01:00.0", Class: "030000", Vendor: "10de", Device: "1eb8", SubVendor: "10de", SubDevice: "12a2", Revision: "a1", Driver: "nouveau", Module: "nouveau", NUMA: "1", IOMMUGroup: "17", PhysicalSlot: "4"},
		{Address: "0000:02:00.0", Class: "020000", Vendor: "8086", Device: "1572", VirtualFunctions: 1, MaxVFs: 64},
		{Address: "0000:02:02.0", Class: "020000", Vendor: "8086", Device: "154c", PhysicalFunction: "0000:02:00.0"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got[0].Kind() != device.GPU || got[0].ClassName() != "VGA compatible controller" || got[1].Kind() != device.Network {
		t.Errorf("kinds %q (%q) and %q", got[0].Kind(), got[0].ClassName(), got[1].Kind())
	}
}

func TestUSB(t *testing.T) {
	t.Parallel()
	got, err := device.ReadUSB(host(t))
	want := []device.USB{{
		Port: "1-2.4", Bus: "1", Number: "7", DevPath: "2.4", VendorID: "0781", ID: "5581", Vendor: "SanDisk", Serial: "4C53", Version: "2.10", Speed: "480",
		InterfaceDrivers: []string{"usb-storage"},
	}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	names := device.PCINames(host(t))
	for _, c := range []struct{ got, want string }{
		{names.Vendor("10de"), "NVIDIA Corporation"},
		{names.Device("10de", "1eb8"), "TU104GL [Tesla T4]"},
		{names.Device("8086", "1572"), "Ethernet Controller X710"},
		{names.Device("8086", "00"), "00"},
		{names.Vendor("1af4"), "1af4"},
		{device.USBNames(host(t)).Vendor("0781"), "0781"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

// TestNothing: a host without these buses has no devices, and that is no error.
func TestNothing(t *testing.T) {
	t.Parallel()
	pci, err := device.ReadPCI(fstest.MapFS{})
	usb, failed := device.ReadUSB(fstest.MapFS{})
	if len(pci) > 0 || len(usb) > 0 || err != nil || failed != nil {
		t.Error(pci, err, usb, failed)
	}
}

// TestAsLspci compares what this host has with what lspci says of it.
func TestAsLspci(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "lspci", "-Dn").Output()
	if err != nil {
		t.Skipf("lspci doesn't tell: %v", err)
	}
	devices, err := device.ReadPCI(os.DirFS("/"))
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, d := range devices {
		got += d.Address + " " + d.Class[:4] + ": " + d.Vendor + ":" + d.Device + "\n"
	}
	want := ""
	for line := range strings.Lines(string(out)) {
		text, _, _ := strings.Cut(strings.TrimSpace(line), " (")
		want += text + "\n"
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
