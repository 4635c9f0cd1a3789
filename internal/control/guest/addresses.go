package guest

import (
	"context"
	"net/netip"
	"slices"
	"strings"

	"dewpoint/internal/errs"
	"dewpoint/internal/host/link"
	"dewpoint/internal/mark"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/model/network"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// mostHeard is how many addresses of one source a card may have: a guest can claim as many as it likes.
const mostHeard = 32

// wish is what a pass has read.
type wish struct {
	nics   []compute.MachineNIC
	leases []network.VnetAddress
	said   map[int64]compute.MachineStatus // of machines that run here, or whose agent said something
	rows   []compute.MachineNICAddress
	runs   map[int64]bool // machines
}

// wish reads the rows of one moment.
func (c *Controller) wish(ctx context.Context, running []int64) (w wish, err error) {
	w.said, w.runs = map[int64]compute.MachineStatus{}, map[int64]bool{}
	keys := make([]schema.Value, len(running))
	for i, key := range running {
		keys[i], w.runs[key] = schema.IntValue(key), true
	}
	err = c.DB.View(ctx, func(tx *store.Tx) error {
		here := store.IsOrNull(compute.MachineStatusCol.Node, c.Node)
		for _, which := range [][]store.Cond{{store.Key(keys...)}, {here, store.IsNot(compute.MachineStatusCol.AgentVersion, "")}} {
			found, err := store.FindRows[compute.MachineStatus](tx, which...)
			if err != nil {
				return err
			}
			for _, row := range found {
				w.said[row.Key] = row
			}
		}
		if w.nics, err = store.FindRows[compute.MachineNIC](tx, store.Is(compute.MachineNICCol.Machine, running...)); err != nil {
			return err
		}
		theirs := store.Within(compute.MachineNICCol.Machine.Name(), "machine_status", here)
		if w.rows, err = store.FindRows[compute.MachineNICAddress](tx, store.Within(compute.MachineNICAddressCol.NIC.Name(), "machine_nics", theirs)); err != nil {
			return err
		}
		w.leases, err = store.FindRows[network.VnetAddress](tx, store.Is(network.VnetAddressCol.Type, "dynamic"), store.Is(network.VnetAddressCol.Vnet, w.vnets()...))
		return err
	})
	return w, err
}

// vnets are the networks that the running guests are in.
func (w *wish) vnets() (keys []int64) {
	for _, n := range w.nics {
		if n.Vnet != 0 && !slices.Contains(keys, n.Vnet) {
			keys = append(keys, n.Vnet)
		}
	}
	return keys
}

// steps are the writes that make the rows true.
func (c *Controller) steps(w wish) (steps []func(*store.Tx) error) {
	for key, row := range w.said {
		if !w.runs[key] && row.AgentGuestInfo != "" {
			steps = append(steps, func(tx *store.Tx) error { return putAgent(tx, row, silent(row)) })
		}
	}
	want := c.heard(&w)
	for _, row := range w.rows {
		is := heard{row.NIC, row.IP, row.Source}
		if want[is] {
			delete(want, is)
			continue
		}
		steps = append(steps, func(tx *store.Tx) error { return unlessGone(tx.Purge(row.TableName(), schema.IntValue(row.Key))) })
	}
	for h := range want {
		steps = append(steps, func(tx *store.Tx) error { return insert(tx, h) })
	}
	return steps
}

// insert makes the row of an address, unless its card is gone.
func insert(tx *store.Tx, h heard) error {
	if _, err := store.GetRow[compute.MachineNIC](tx, h.nic); err != nil {
		return unlessGone(err)
	}
	_, err := store.Insert(tx, compute.MachineNICAddressSet{}.NIC(h.nic).IP(h.ip).Source(h.source))
	return err
}

// heard is an address of a card, by one source.
type heard struct {
	nic        int64
	ip, source string
}

// all are addresses that are to be rows.
type all map[heard]bool

// add takes an address of a card, if people would want to know it.
func (a all) add(nic int64, ip netip.Addr, source string) {
	if !ip.IsValid() || ip.IsUnspecified() || ip.IsLoopback() || ip.IsMulticast() || ip.IsLinkLocalUnicast() {
		return
	}
	a[heard{nic, ip.Unmap().WithZone("").String(), source}] = true
}

// heard is what all sources say of the cards.
func (c *Controller) heard(w *wish) all {
	found, cards := all{}, map[int64]map[string]int64{} // by network, by address of the card
	for _, n := range w.nics {
		if cards[n.Vnet] == nil {
			cards[n.Vnet] = map[string]int64{}
		}
		cards[n.Vnet][strings.ToLower(n.Macaddress)] = n.Key
	}
	for _, l := range w.leases {
		if nic := cards[l.Vnet][strings.ToLower(l.MAC)]; nic != 0 {
			ip, _ := netip.ParseAddr(l.IP)
			found.add(nic, ip, compute.FromLease)
		}
	}
	for _, vnet := range w.vnets() {
		count := map[int64]int{}
		for _, n := range c.neighbours(vnet) {
			if nic := cards[vnet][n.MAC]; nic != 0 && count[nic] < mostHeard {
				count[nic]++
				found.add(nic, n.IP, compute.FromNeighbour)
			}
		}
	}
	w.agents(found)
	return found
}

// agents adds what the agents say. They can speak of the cards of their own machine alone.
func (w *wish) agents(found all) {
	for _, n := range w.nics {
		info := said(w.said[n.Machine])
		if info == nil {
			continue
		}
		count := 0
		for _, one := range info.Network {
			if !strings.EqualFold(one.MAC, n.Macaddress) {
				continue
			}
			for _, a := range one.Addresses {
				if ip, err := netip.ParseAddr(a.IP); err == nil && count < mostHeard {
					count++
					found.add(n.Key, ip, compute.FromAgent)
				}
			}
		}
	}
}

// neighbours are what the router of a network has heard; none while it doesn't run here.
func (c *Controller) neighbours(vnet int64) []link.Neighbour {
	found, err := c.Neighbours(mark.Instance(c.Instance).Namespace(vnet))
	if err != nil && !errs.Is(err, errs.NotFound) {
		c.Log.Warn("the neighbours of a network can't be read", append(errs.Logged(err), "vnet", vnet)...)
	}
	return found
}

// mostSteps is how many rows are written in one transaction: nobody else can write meanwhile.
const mostSteps = 200

func (c *Controller) write(ctx context.Context, steps []func(*store.Tx) error) error {
	for part := range slices.Chunk(steps, mostSteps) {
		err := c.DB.Update(ctx, func(tx *store.Tx) error {
			for _, step := range part {
				if err := step(tx); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
