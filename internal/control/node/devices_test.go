package node_test

import (
	"io/fs"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"dewpoint/internal/model/cluster"
	"dewpoint/internal/store"
)

// plug puts a PCI device of a class into the host's files.
func plug(root fstest.MapFS, address, class, vendor, device string) {
	for name, text := range map[string]string{"class": class, "vendor": vendor, "device": device} {
		root["sys/bus/pci/devices/"+address+"/"+name] = &fstest.MapFile{Data: []byte("0x" + text + "\n")}
	}
}

// TestDevicesComeAndGo: rows are there for what is plugged in and for nothing else, and keep their keys from pass to pass.
func TestDevicesComeAndGo(t *testing.T) {
	t.Parallel()
	c := config(t)
	root := c.Root.(fstest.MapFS)
	plug(root, "0000:00:03.0", "020000", "8086", "1572")
	plug(root, "0000:00:04.0", "020000", "8086", "154c")
	root["sys/bus/pci/devices/0000:00:04.0/physfn"] = &fstest.MapFile{Data: []byte("../0000:00:03.0"), Mode: fs.ModeSymlink}
	plug(root, "0000:01:00.0", "030200", "10de", "1eb8")
	root["sys/bus/usb/devices/1-2/idVendor"] = &fstest.MapFile{Data: []byte("0781\n")}
	h, _ := ensure(t, c)
	before := keysOfDevices(t, c.DB)
	want := map[string]int{"node_pci_devices": 3, "node_sriov_nic_devices": 1, "node_gpus": 1, "node_host_gpu_devices": 0, "node_usb_devices": 1}
	if diff := cmp.Diff(want, counts(before)); diff != "" {
		t.Error(diff)
	}
	if err := c.DB.Update(background, func(tx *store.Tx) error {
		return store.Write(tx, before["node_gpus"][0], cluster.NodeGpuSet{}.Mode("gpu"))
	}); err != nil {
		t.Fatal(err)
	}
	if err := h.Reconcile(background); err != nil {
		t.Fatal(err)
	}
	after := keysOfDevices(t, c.DB)
	if len(after["node_host_gpu_devices"]) != 1 {
		t.Error("a card with the mode gpu isn't offered")
	}
	delete(before, "node_host_gpu_devices")
	delete(after, "node_host_gpu_devices")
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("rows have other keys after another pass: %s", diff)
	}
	for path := range root {
		if _, err := fs.Stat(root, path); err == nil && (len(path) > 32 && path[:32] == "sys/bus/pci/devices/0000:01:00.0" || path == "sys/bus/usb/devices/1-2/idVendor") {
			delete(root, path)
		}
	}
	if err := h.Reconcile(background); err != nil {
		t.Fatal(err)
	}
	want = map[string]int{"node_pci_devices": 2, "node_sriov_nic_devices": 1, "node_gpus": 0, "node_host_gpu_devices": 0, "node_usb_devices": 0}
	if diff := cmp.Diff(want, counts(keysOfDevices(t, c.DB))); diff != "" {
		t.Error(diff)
	}
}

func keysOfDevices(t *testing.T, db *store.DB) map[string][]int64 {
	t.Helper()
	found := map[string][]int64{}
	view(t, db, func(tx *store.Tx) error {
		for _, table := range []string{"node_pci_devices", "node_sriov_nic_devices", "node_gpus", "node_host_gpu_devices", "node_usb_devices"} {
			rows, err := tx.Find(table)
			if err != nil {
				return err
			}
			found[table] = nil
			for _, r := range rows {
				found[table] = append(found[table], r.Key.Int())
			}
		}
		return nil
	})
	return found
}

func counts(keys map[string][]int64) map[string]int {
	n := map[string]int{}
	for table, rows := range keys {
		n[table] = len(rows)
	}
	return n
}
