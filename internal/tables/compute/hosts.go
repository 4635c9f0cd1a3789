package compute

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/cluster"
	"dewpoint/internal/store"
)

// What the hosts' QEMU can do is known from the rows of nodes. Where none has told yet, nothing is refused: the start will say it.

// hasCPU is Invalid when no node has a CPU model of that name.
func hasCPU(w *engine.Inside, model string) error {
	if model == "" || model == "host" {
		return nil
	}
	nodes, err := store.FindRows[cluster.Node](w.Tx)
	if err != nil {
		return err
	}
	told := false
	for _, n := range nodes {
		var models []string
		if n.CPUModels == "" {
			continue
		}
		if err := json.Unmarshal([]byte(n.CPUModels), &models); err != nil {
			return fmt.Errorf("CPU models of node %d: %w", n.Key, err)
		}
		if told = told || len(models) > 0; slices.Contains(models, model) {
			return nil
		}
	}
	if !told {
		return nil
	}
	return errs.Field("cpu_type", "no node has the CPU model %q; use host, or leave it out for one that all have", model)
}

// sinceQEMU has the cards that came with a version of QEMU.
var sinceQEMU = map[string]int{"igb": 8}

// hasCard is Invalid when no node's QEMU is new enough for a model of card.
func hasCard(w *engine.Inside, model string) error {
	since := sinceQEMU[model]
	if since == 0 {
		return nil
	}
	nodes, err := store.FindRows[cluster.Node](w.Tx)
	if err != nil {
		return err
	}
	told := false
	for _, n := range nodes {
		major, err := strconv.Atoi(strings.Split(n.QemuVersion, ".")[0])
		if err != nil {
			continue // not told yet
		}
		if told = true; major >= since {
			return nil
		}
	}
	if !told {
		return nil
	}
	return errs.Field("interface", "%s needs QEMU %d, which no node has; use virtio or e1000", errs.Ours(model), since)
}
