package e2e

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"dewpoint/test/harness"
)

// TestClonesKeepTheirFirmware: a clone has the variables of the other VM's firmware, a TPM with the same settings, and what that holds where it was asked for;
// it starts with it.
func TestClonesKeepTheirFirmware(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	c := s.Table()
	source := makeVM(c, "sealed", map[string]any{"uefi": true, "boot_delay": 0})
	c.Create("machine_drives", map[string]any{"machine": source.machine, "disksize": 16 << 20})
	c.Create("machine_devices", map[string]any{"machine": source.machine, "type": "tpm", "settings_args": map[string]any{"model": "tpm-tis"}})
	act(c, source, "poweron")
	waitPower(c, "vms", source.key, true)
	act(c, source, "kill")
	waitPower(c, "vms", source.key, false)
	kept := func(g vm) string {
		uuid := c.Must(200, "GET", "vms/"+g.key+"?fields=uuid", nil).Object()["uuid"].(string)
		return "/var/lib/libvirt/swtpm/" + uuid + "/tpm2/tpm2-00.permall"
	}
	own := func(g vm, name string) string {
		found, err := filepath.Glob(filepath.Join(s.Data, "machines", g.machine+"-*"))
		if err != nil || len(found) != 1 {
			t.Fatal(found, err)
		}
		return filepath.Join(found[0], name)
	}
	read := func(path string) []byte {
		text, err := os.ReadFile(path)
		if err != nil || len(text) == 0 {
			t.Fatalf("%s has %d bytes: %v", path, len(text), err)
		}
		return text
	}
	keys := read(kept(source))
	const waits = "tpm/tpm2/tpm2-00.permall"
	for name, preserve := range map[string]bool{"the same": true, "another": false} {
		made := c.Must(201, "POST", "vm_actions", map[string]any{
			"vm": source.key, "action": "clone", "params": map[string]any{"name": name, "preserve_device_uuids": preserve},
		}).Object()["response"].(map[string]any)
		g := vm{name: name, key: made["vmkey"].(string), machine: made["machinekey"].(string)}
		ended(t, c)
		if !bytes.Equal(read(own(g, "nvram.fd")), read(own(source, "nvram.fd"))) {
			t.Errorf("%s: the variables of its firmware are others", name)
		}
		if _, err := os.Stat(own(g, waits)); (err == nil) != preserve {
			t.Errorf("%s: what a TPM holds waits for it: %v", name, err == nil)
		} else if preserve && !bytes.Equal(read(own(g, waits)), keys) {
			t.Errorf("%s: what waits for its TPM is something else", name)
		}
		act(c, g, "poweron")
		waitPower(c, "vms", g.key, true)
		if _, err := os.Stat(own(g, waits)); err == nil {
			t.Errorf("%s runs, and what its TPM is to hold still waits", name)
		}
		if same := bytes.Equal(read(kept(g)), keys); same && !preserve {
			t.Errorf("%s: its TPM holds what the other's does", name)
		}
		row := c.Must(200, "GET", "machine_devices?fields=type,settings%23model+as+model&filter=machine%20eq%20"+g.machine, nil).Rows()
		if len(row) != 1 || row[0]["model"] != "tpm-tis" {
			t.Errorf("%s: its devices are %v", name, row)
		}
		path := filepath.Dir(filepath.Dir(kept(g)))
		c.Must(200, "DELETE", "vms/"+g.key, nil)
		harness.Eventually(t, time.Minute, "nothing is left of its TPM", func() (bool, string) {
			_, err := os.Stat(path)
			return os.IsNotExist(err), path
		})
	}
	c.Must(200, "DELETE", "vms/"+source.key, nil)
	waitClean(t, s, s.Instance())
}
