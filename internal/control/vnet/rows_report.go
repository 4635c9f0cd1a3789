package vnet

import (
	"slices"
	"strings"

	"dewpoint/internal/errs"
	"dewpoint/internal/host/dnsmasq"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/model/network"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// factWriter compares one fact with the rows and collects the writes that are due: in the steady state there are none, and a pass
// takes no write transaction.
type factWriter struct {
	*StoreRows
	tx   *store.Tx // for reading
	fact Fact
	todo []func(*store.Tx) error
}

// plan plans a write; rows that are gone by the time it is made are nobody's fault.
func (w *factWriter) plan(write func(*store.Tx) error) {
	w.todo = append(w.todo, func(tx *store.Tx) error {
		err := write(tx)
		if errs.Is(err, errs.NotFound) {
			return nil
		}
		return err
	})
}

func (w *factWriter) purge(table string, key int64) {
	w.todo = append(w.todo, func(tx *store.Tx) error { return tx.Purge(table, schema.IntValue(key)) })
}

func (w *factWriter) compare(row network.Vnet) error {
	if row.Deleted {
		if w.fact.Gone {
			w.purge(row.TableName(), row.Key)
			w.purge((*compute.Machine)(nil).TableName(), row.Machine)
		}
		return nil
	}
	if err := w.status(row.Machine); err != nil {
		return err
	}
	if err := w.addresses(); err != nil {
		return err
	}
	if err := w.counted(); err != nil {
		return err
	}
	return w.nics()
}

// status compares the router machine's status row.
func (w *factWriter) status(machine int64) error {
	has, err := store.GetRow[compute.MachineStatus](w.tx, machine, store.Everything())
	if err != nil {
		return err
	}
	f := w.fact
	status, state := words(f)
	want := has
	want.Running, want.Status, want.State, want.StatusInfo = f.Running, status, state, f.Message
	want.Powerstate, want.BootID, want.Started, want.Node = f.Wanted, w.bootID, 0, 0
	if f.Running {
		want.Started, want.Node = f.Started.Unix(), w.node
	}
	if f.Settled {
		want.DoneSeq = f.Seq
	}
	if want == has {
		return nil
	}
	w.plan(func(tx *store.Tx) error { return store.Put(tx, has, want) })
	return nil
}

// words puts a fact into those of machine_status: a router that works in spite of a fault is running, with a warning.
func words(f Fact) (status, state string) {
	switch {
	case f.Status == Failed && f.Running:
		return "running", "warning"
	case f.Status == Failed:
		return "error", "error"
	case f.Running:
		return "running", "online"
	}
	return "stopped", "offline"
}

// addresses makes the network's rows of type dynamic equal to its leases.
func (w *factWriter) addresses() error {
	of := network.VnetAddressCol
	have, err := store.FindRows[network.VnetAddress](w.tx, store.Is(of.Vnet, w.fact.Key), store.Is(of.Type, "dynamic"))
	if err != nil {
		return err
	}
	left := make(map[string]network.VnetAddress) // by address: dnsmasq has one lease for each
	for _, row := range have {
		if _, twice := left[row.IP]; twice {
			w.purge(row.TableName(), row.Key)
			continue
		}
		left[row.IP] = row
	}
	for _, lease := range slices.SortedFunc(slices.Values(w.fact.Leases), byIP) {
		row, known := left[lease.IP.String()]
		if !known {
			w.plan(func(tx *store.Tx) error {
				_, err := store.Insert(tx, columnsOf(lease).Vnet(w.fact.Key).Type("dynamic"))
				return err
			})
			continue
		}
		delete(left, row.IP)
		if differs(row, lease) {
			w.plan(func(tx *store.Tx) error { return store.Write(tx, row.Key, columnsOf(lease)) })
		}
	}
	for _, row := range have {
		if gone, ended := left[row.IP]; ended && gone.Key == row.Key {
			w.purge(row.TableName(), row.Key)
		}
	}
	return nil
}

func columnsOf(l dnsmasq.Lease) network.VnetAddressSet {
	return network.VnetAddressSet{}.IP(l.IP.String()).MAC(l.MAC.String()).Hostname(l.Hostname).ClientID(l.ClientID).Expiration(expirationOf(l))
}

// expirationOf is in seconds, 0 for never.
func expirationOf(l dnsmasq.Lease) int64 {
	if l.Expiry.IsZero() {
		return 0
	}
	return l.Expiry.Unix()
}

func differs(row network.VnetAddress, l dnsmasq.Lease) bool {
	return row.MAC != l.MAC.String() || row.Hostname != l.Hostname || row.ClientID != l.ClientID || row.Expiration != expirationOf(l)
}

// nics gives each NIC on the network the address of its lease, and takes it away with the lease; a reserved one is the client's. It reads
// those that have a lease or an address: there may be thousands that have neither.
func (w *factWriter) nics() error {
	leased := make(map[string]string)
	macs := []string{}
	for _, l := range w.fact.Leases {
		leased[l.MAC.String()] = l.IP.String()
		macs = append(macs, l.MAC.String())
	}
	of := compute.MachineNICCol
	theirs := []store.Cond{store.Is(of.Vnet, w.fact.Key), store.Is(of.IPReserved, false)}
	addressed, err := store.FindRows[compute.MachineNIC](w.tx, append(theirs, store.IsNot(of.Ipaddress, ""))...)
	if err != nil {
		return err
	}
	unaddressed, err := store.FindRows[compute.MachineNIC](w.tx, append(theirs, store.IsOrNull(of.Ipaddress, ""), store.Is(of.Macaddress, macs...))...)
	if err != nil {
		return err
	}
	for _, nic := range append(addressed, unaddressed...) {
		if ip := leased[strings.ToLower(nic.Macaddress)]; ip != nic.Ipaddress {
			w.plan(func(tx *store.Tx) error { return store.Write(tx, nic.Key, compute.MachineNICSet{}.Ipaddress(ip)) })
		}
	}
	return nil
}
