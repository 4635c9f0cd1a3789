package node

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"dewpoint/internal/host/device"
	"dewpoint/internal/model/cluster"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// cardsOf are the rows of graphics cards that a pass has kept.
type cardsOf struct {
	cards, offered []int64
	models         map[string]int64 // how many of each there were so far
}

// ensureGPU keeps the rows of a graphics card: it is offered to VMs while its mode says so.
func (c *Controller) ensureGPU(tx *store.Tx, node, pci int64, d device.PCI, kept *cardsOf) error {
	model := d.Vendor + ":" + d.Device
	index := kept.models[model]
	kept.models[model]++
	set := cluster.NodeGpuSet{}.Node(node).PciDevice(pci).Name(c.names.pci.Vendor(d.Vendor) + " " + c.names.pci.Device(d.Vendor, d.Device))
	key, err := store.KeepFirst(tx, set, store.Is(cluster.NodeGpuCol.PciDevice, pci))
	if err != nil {
		return err
	}
	kept.cards = append(kept.cards, key.Int())
	card, err := store.GetRow[cluster.NodeGpu](tx, key)
	if err != nil || card.Mode != "gpu" {
		return err
	}
	fingerprint := sha256.Sum256([]byte(model + d.SubVendor + ":" + d.SubDevice))
	offer := common(cluster.NodeHostGpuDeviceSet{}, &c.names, node, d).PciDevice(pci).DeviceIndex(index).Fingerprint(hex.EncodeToString(fingerprint[:8]))
	offered, err := store.KeepFirst(tx, offer, store.Is(cluster.NodeHostGpuDeviceCol.PciDevice, pci))
	kept.offered = append(kept.offered, offered.Int())
	return err
}

func (k *cardsOf) dropOthers(tx *store.Tx, node int64) error {
	if err := dropOthers(tx, "node_host_gpu_devices", cluster.NodeHostGpuDeviceCol.Node, node, k.offered); err != nil {
		return err
	}
	return dropOthers(tx, "node_gpus", cluster.NodeGpuCol.Node, node, k.cards)
}

// dropOthers drops the rows of a node whose keys aren't among those that stay.
func dropOthers(tx *store.Tx, table string, of schema.Column[int64], node int64, stay []int64) error {
	rows, err := tx.Find(table, store.Is(of, node))
	if err != nil {
		return err
	}
	for _, r := range rows {
		if slices.Contains(stay, r.Key.Int()) {
			continue
		}
		if err := tx.Delete(table, r.Key); err != nil {
			return err
		}
	}
	return nil
}
