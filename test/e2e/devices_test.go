package e2e

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dewpoint/test/harness"
)

// proofSector is testdata/proof.asm without the zeros behind it.
const proofSector = "fa31c08ed88ec08ed0bc007cfbfcb800bb6631dbcd1a6685c0750566891e997cbaf90330c0ee66b8000000400fa266891e887c66890e8c7c668916907cbe887cb90c00803c007503c6042046e2f5be7f7ce8130066b9400d0300664975fcbea07ce80300f4ebfdac84c0741288c4bafd03eca82074f8baf80388e0eeebe9c350524f4f462048563d2e2e2e2e2e2e2e2e2e2e2e2e2054504d3d6e6f6e650d0a0050524f4f46204c4f4f503d646f6e650d0a"

// proofDisk writes a disk that begins with that sector.
func proofDisk(t *testing.T) (path string) {
	t.Helper()
	code, err := hex.DecodeString(proofSector)
	if err != nil {
		t.Fatal(err)
	}
	disk := make([]byte, 1<<20)
	copy(disk, code)
	disk[510], disk[511] = 0x55, 0xaa
	path = filepath.Join(t.TempDir(), "proof.raw")
	if err := os.WriteFile(path, disk, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// makeProof makes a VM that boots from the proof's disk.
func makeProof(t *testing.T, c *harness.Client, name string, columns map[string]any) vm {
	t.Helper()
	g := makeVM(c, name, columns)
	c.Create("machine_drives", map[string]any{"machine": g.machine, "media": "import", "media_source": uploadByChunks(t, c, proofDisk(t))})
	return g
}

// TestDevices boots a guest with most devices that a VM can have, sees them in its QEMU and in the guest, and finds their state kept over a restart and
// gone with the VM.
func TestDevices(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	c := s.Table()
	g := makeProof(t, c, "devices", map[string]any{
		"cpu_cores": 2, "iommu": true, "usb_legacy": true, "serial_port": true, "sound": "hda", "video": "virtio", "disable_powercycle": true,
		"advanced": "watchdog=i6300esb\nnuma_cells=2\ncpu_threads=2",
	})
	vnet := makeVnet(c, "devices", "192.0.2.0/28", nil)
	c.Create("machine_nics", map[string]any{"machine": g.machine, "vnet": vnet})
	c.Create("machine_drives", map[string]any{"machine": g.machine, "disksize": 1 << 20, "interface": "ahci", "fsync": "1", "optimize": "large"})
	c.Create("machine_devices", map[string]any{"machine": g.machine, "type": "tpm"})
	act(c, g, "poweron")
	waitPower(c, "vms", g.key, true)

	serial := openConsole(t, s, g.machine)
	if got := serial.wait(`PROOF HV=(\S+) +TPM=(\S+)`); got[2] != "TCPA" {
		t.Errorf("the guest's firmware has no TPM: %q", got[0])
	}
	domain := "dp-" + s.Instance() + "-" + g.machine
	monitor := func(command string) string {
		return harness.Virsh(t, "qemu-monitor-command", domain, "--hmp", command)
	}
	if tpm := monitor("info tpm"); !strings.Contains(tpm, "tpm-crb") {
		t.Errorf("QEMU has the TPM %q", tpm)
	}
	tree := monitor("info qtree")
	for _, device := range []string{"i6300esb", "intel-iommu", "ich9-usb-ehci1", "ich9-intel-hda", "virtio-rng", "virtio-balloon", "usb-tablet", "ide-hd", "virtio-net-pci"} {
		if !strings.Contains(tree, device) {
			t.Errorf("QEMU has no %s", device)
		}
	}
	if nodes := monitor("info numa"); !strings.Contains(nodes, "2 nodes") {
		t.Errorf("QEMU has the NUMA nodes %q", nodes)
	}
	status := c.Must(200, "GET", "machine_devices?fields=status%23status+as+status&filter=machine+eq+"+g.machine, nil).Rows()
	if len(status) != 1 || status[0]["status"] != "online" {
		t.Errorf("the TPM's status: %v", status)
	}
	uuid := c.Must(200, "GET", "vms/"+g.key+"?fields=uuid", nil).Object()["uuid"].(string)
	kept := "/var/lib/libvirt/swtpm/" + uuid
	if _, err := os.Stat(kept + "/tpm2"); err != nil {
		t.Errorf("what the TPM keeps: %v", err)
	}
	harness.RemoveVM(c, g.key)
	harness.Eventually(t, time.Minute, "nothing is left of the TPM", func() (bool, string) {
		_, err := os.Stat(kept)
		return os.IsNotExist(err), kept
	})
}

// TestFirmwareVariables: they are the VM's own, stay over a restart, and go with it.
func TestFirmwareVariables(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	c := s.Table()
	g := makeVM(c, "firmware", map[string]any{"uefi": true, "secure_boot": true})
	var folder string
	for range 2 {
		act(c, g, "poweron")
		waitPower(c, "vms", g.key, true)
		found, err := filepath.Glob(filepath.Join(s.Data, "machines", g.machine+"-*", "nvram.fd"))
		if err != nil || len(found) != 1 {
			t.Fatalf("firmware variables %v: %v", found, err)
		}
		text, err := os.ReadFile(found[0])
		if err != nil {
			t.Fatal(err)
		}
		if marked := strings.HasSuffix(string(text), "OURS"); marked != (folder != "") {
			t.Errorf("the variables are those of the run before: %v", marked)
		}
		folder = filepath.Dir(found[0])
		act(c, g, "kill")
		waitPower(c, "vms", g.key, false)
		copy(text[len(text)-4:], "OURS") // the end is free space
		if err := os.WriteFile(found[0], text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	harness.RemoveVM(c, g.key)
	harness.Eventually(t, time.Minute, "nothing is left of the VM", func() (bool, string) {
		_, err := os.Stat(folder)
		return os.IsNotExist(err), folder
	})
}

// TestKVM boots the proof under KVM, with the CPU that the server chooses for it.
func TestKVM(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/dev/kvm"); err != nil {
		t.Skipf("this host has no KVM: %v", err)
	}
	s := harness.Start(t, "--accelerator", "kvm")
	c := s.Table()
	g := makeProof(t, c, "native", nil)
	act(c, g, "poweron")
	waitPower(c, "vms", g.key, true)
	serial := openConsole(t, s, g.machine)
	if got := serial.wait(`PROOF HV=(\S+)`)[1]; got != "KVMKVMKVM" {
		t.Errorf("the guest runs by %q", got)
	}
	serial.wait("PROOF LOOP=done")
	domain := "dp-" + s.Instance() + "-" + g.machine
	if xml := harness.Virsh(t, "dumpxml", domain); !strings.Contains(xml, "type='kvm'") {
		t.Errorf("the domain isn't one of KVM: %s", xml)
	}
	if kvm := harness.Virsh(t, "qemu-monitor-command", domain, "--hmp", "info kvm"); !strings.Contains(kvm, "enabled") {
		t.Errorf("QEMU says %q", kvm)
	}
	reason := c.Must(200, "GET", "nodes?fields=accelerator,accelerator_reason", nil).Rows()[0]
	if text, _ := reason["accelerator_reason"].(string); reason["accelerator"] != "kvm" || !strings.Contains(text, "CPU") {
		t.Errorf("the node doesn't say which CPU guests have: %v", reason)
	}
}
