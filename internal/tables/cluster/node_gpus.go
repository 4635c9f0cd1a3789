package cluster

import (
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/cluster"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// gpuHooks refuse to offer a card that no VM could have.
var gpuHooks = engine.Hooks{Update: func(w *engine.Inside, old *schema.Record, set schema.Set) error {
	if mode, given := cluster.NodeGpuCol.Mode.In(set); !given || mode.Text() != "gpu" {
		return nil
	}
	card, err := store.GetRow[cluster.NodePciDevice](w.Tx, cluster.NodeGpuCol.PciDevice.Of(old))
	if err != nil {
		return err
	}
	if card.IommuGroup == "" {
		return errs.New(errs.Conflict, "no_iommu", "the node has no IOMMU, so it can give no card away; switch it on in the firmware (VT-d, AMD-Vi), add intel_iommu=on to the kernel's command line on Intel hosts, and restart the host").On("mode")
	}
	return nil
}}
