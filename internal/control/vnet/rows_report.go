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

// change plans a write of columns; rows that are gone by the time it is made are nobody's fault.
func (w *factWriter) change(table string, key int64, set schema.Set) {
	if len(set) == 0 {
		return
	}
	w.todo = append(w.todo, func(tx *store.Tx) error {
		err := tx.Change(table, schema.IntValue(key), set)
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
	return w.nics()
}

// status compares the router machine's status row.
func (w *factWriter) status(machine int64) error {
	has, err := store.GetRow[compute.MachineStatus](w.tx, schema.IntValue(machine), store.Everything())
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
	w.change(has.TableName(), machine, schema.Set{
		"running": schema.BoolValue(want.Running), "status": schema.TextValue(want.Status), "state": schema.TextValue(want.State),
		"status_info": schema.TextValue(want.StatusInfo), "powerstate": schema.BoolValue(want.Powerstate),
		"boot_id": schema.TextValue(want.BootID), "started": schema.IntValue(want.Started), "node": schema.RefValue(want.Node),
		"done_seq": schema.IntValue(want.DoneSeq),
	})
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
	vnet := schema.IntValue(w.fact.Key)
	have, err := store.FindRows[network.VnetAddress](w.tx, store.Eq("vnet", vnet), store.Eq("type", schema.TextValue("dynamic")))
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
		set := columnsOf(lease)
		if row, known := left[lease.IP.String()]; known {
			delete(left, row.IP)
			w.change(row.TableName(), row.Key, differing(row, lease, set))
			continue
		}
		w.insertAddress(vnet, set)
	}
	for _, row := range have {
		if gone, ended := left[row.IP]; ended && gone.Key == row.Key {
			w.purge(row.TableName(), row.Key)
		}
	}
	return nil
}

func columnsOf(l dnsmasq.Lease) schema.Set {
	expiration := schema.IntValue(0) // never
	if !l.Expiry.IsZero() {
		expiration = schema.IntValue(l.Expiry.Unix())
	}
	return schema.Set{
		"ip": schema.TextValue(l.IP.String()), "mac": schema.TextValue(l.MAC.String()), "hostname": schema.TextValue(l.Hostname),
		"client_id": schema.TextValue(l.ClientID), "expiration": expiration,
	}
}

// differing returns set, or nothing when the row says the same.
func differing(row network.VnetAddress, l dnsmasq.Lease, set schema.Set) schema.Set {
	if row.MAC == l.MAC.String() && row.Hostname == l.Hostname && row.ClientID == l.ClientID && row.Expiration == set["expiration"].Int() {
		return nil
	}
	return set
}

func (w *factWriter) insertAddress(vnet schema.Value, set schema.Set) {
	w.todo = append(w.todo, func(tx *store.Tx) error {
		rec := schema.NewRecord(tx.Schema().Table((*network.VnetAddress)(nil).TableName()))
		rec.Put("vnet", vnet)
		rec.Put("type", schema.TextValue("dynamic"))
		rec.PutAll(set)
		_, err := tx.Insert(rec)
		return err
	})
}

// nics gives each NIC on the network the address of its lease, and takes it away with the lease; a reserved one is the client's. It reads
// those that have a lease or an address: there may be thousands that have neither.
func (w *factWriter) nics() error {
	leased := make(map[string]string)
	macs := []schema.Value{}
	for _, l := range w.fact.Leases {
		leased[l.MAC.String()] = l.IP.String()
		macs = append(macs, schema.TextValue(l.MAC.String()))
	}
	theirs := []store.Cond{store.Eq("vnet", schema.IntValue(w.fact.Key)), store.Eq("ip_reserved", schema.BoolValue(false))}
	addressed, err := store.FindRows[compute.MachineNIC](w.tx, append(theirs, store.Other("ipaddress", schema.TextValue("")))...)
	if err != nil {
		return err
	}
	unaddressed, err := store.FindRows[compute.MachineNIC](w.tx, append(theirs, store.EqOrNull("ipaddress", schema.TextValue("")), store.In("macaddress", macs...))...)
	if err != nil {
		return err
	}
	for _, nic := range append(addressed, unaddressed...) {
		if ip := leased[strings.ToLower(nic.Macaddress)]; ip != nic.Ipaddress {
			w.change(nic.TableName(), nic.Key, schema.Set{"ipaddress": schema.TextValue(ip)})
		}
	}
	return nil
}
