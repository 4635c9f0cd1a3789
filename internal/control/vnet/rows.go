package vnet

import (
	"cmp"
	"context"
	"net"
	"net/netip"
	"strings"

	"dewpoint/internal/errs"
	"dewpoint/internal/host/dnsmasq"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/model/network"
	"dewpoint/internal/store"
	"dewpoint/internal/subnet"
)

// StoreRows are the rows of the database: vnets and what hangs on them.
type StoreRows struct {
	db     *store.DB
	node   int64  // key of the node this is
	bootID string // of the host's present boot
	facets []facet
}

// NewStoreRows returns the rows of db for the node with that key. The boot id is the kernel's (random(4)): a router last seen
// in another boot has lost its power.
func NewStoreRows(db *store.DB, node int64, bootID string) *StoreRows {
	return &StoreRows{db: db, node: node, bootID: bootID, facets: facets}
}

// Wish reads all networks in one transaction.
func (r *StoreRows) Wish(ctx context.Context) (out []Vnet, err error) {
	err = r.db.View(ctx, func(tx *store.Tx) error {
		rows, err := store.FindRows[network.Vnet](tx, store.Everything())
		if err != nil {
			return err
		}
		for _, row := range rows {
			v, err := r.wishOf(tx, row)
			if err != nil {
				return err
			}
			out = append(out, v)
		}
		return nil
	})
	return out, err
}

func (r *StoreRows) wishOf(tx *store.Tx, row network.Vnet) (Vnet, error) {
	v := settingsOf(row)
	if v.Absent {
		return v, nil
	}
	machine, err := store.GetRow[compute.Machine](tx, row.Machine, store.Everything())
	if err != nil {
		return v, err
	}
	status, err := store.GetRow[compute.MachineStatus](tx, row.Machine, store.Everything())
	if err != nil {
		return v, err
	}
	v.Seq = machine.PowerSeq
	if row.OnDemand && v.Seq == 0 { // nobody has needed it yet
		v.Absent = true
		return v, nil
	}
	v.Running, v.Restart = r.power(machine, status, row.OnPowerLoss)
	for _, f := range r.facets {
		if f.read != nil {
			if err := f.read(tx, &v); err != nil {
				return v, err
			}
		}
	}
	return v, nil
}

// settingsOf reads the columns; addresses that can't be read are as good as none, for the declaration has checked them.
func settingsOf(row network.Vnet) Vnet {
	s, _ := subnet.Of(subnet.Row{Network: row.Network, Router: row.Ipaddress, Gateway: row.Gateway, First: row.DHCPStart, Last: row.DHCPStop})
	v := Vnet{
		Key: row.Key, ID: row.StorageID, Name: row.Name, Absent: row.Deleted || !row.Enabled, MTU: int(row.MTU), Network: s.Network,
		NAT: row.Mode == "nat", DHCP: row.DHCPEnabled, Sequential: row.DHCPSequential, DNS: row.DNS != "disabled", Domain: row.Domain, Hostname: row.Hostname,
	}
	v.MAC, _ = net.ParseMAC(row.Macaddress)
	v.Router, v.Gateway, v.DHCPStart, v.DHCPEnd = s.Router, s.Gateway, s.First, s.Last
	for _, word := range strings.FieldsFunc(row.Dnslist, func(c rune) bool { return strings.ContainsRune(" ,;\t\r\n", c) }) {
		if a := parseAddr(word); a.IsValid() {
			v.DNSServers = append(v.DNSServers, a)
		}
	}
	return v
}

func parseAddr(text string) netip.Addr {
	a, _ := netip.ParseAddr(text)
	return a
}

// power says whether the router is to run: as the operation says that is not carried out yet, else as it was, unless the host lost
// its power since (docs/design/0001-first-boot.md, Power).
func (r *StoreRows) power(m compute.Machine, s compute.MachineStatus, onLoss string) (running, restart bool) {
	switch {
	case m.PowerSeq > s.DoneSeq:
		restart = m.PowerOp == compute.Reset || m.PowerOp == compute.Reboot
		return restart || m.PowerOp == compute.PowerOn, restart
	case s.BootID != "" && s.BootID != r.bootID && onLoss != "" && onLoss != "last_state":
		return onLoss == "power_on", false
	}
	return s.Powerstate, false
}

// Name writes the network's id. A row that is gone by now needs none.
func (r *StoreRows) Name(ctx context.Context, key int64, id string) error {
	return r.db.Update(ctx, func(tx *store.Tx) error {
		err := store.Write(tx, key, network.VnetSet{}.StorageID(id))
		if errs.Is(err, errs.NotFound) {
			return nil
		}
		return err
	})
}

// Report writes the facts that differ from the rows, all in one transaction.
func (r *StoreRows) Report(ctx context.Context, facts []Fact) error {
	var todo []func(*store.Tx) error
	err := r.db.View(ctx, func(tx *store.Tx) error {
		rows, err := store.FindRows[network.Vnet](tx, store.Everything())
		if err != nil {
			return err
		}
		byKey := make(map[int64]network.Vnet, len(rows))
		for _, row := range rows {
			byKey[row.Key] = row
		}
		for _, f := range facts {
			row, found := byKey[f.Key]
			if !found {
				continue
			}
			w := &factWriter{StoreRows: r, tx: tx, fact: f}
			if err := w.compare(row); err != nil {
				return err
			}
			todo = append(todo, w.todo...)
		}
		return nil
	})
	if err != nil || len(todo) == 0 {
		return err
	}
	return r.db.Update(ctx, func(tx *store.Tx) error {
		for _, write := range todo {
			if err := write(tx); err != nil {
				return err
			}
		}
		return nil
	})
}

// byIP orders leases, so that rows are made in the same order each time.
func byIP(a, b dnsmasq.Lease) int {
	return cmp.Or(a.IP.Compare(b.IP), cmp.Compare(a.MAC.String(), b.MAC.String()))
}
