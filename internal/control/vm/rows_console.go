package vm

import (
	"dewpoint/internal/model/compute"
	"dewpoint/internal/store"
)

// Address is where the server relays consoles.
type Address struct {
	Host string
	Port int
}

// Relayed returns the rows with the address at which people reach the consoles of this node.
func (r *StoreRows) Relayed(at Address) *StoreRows {
	r.relay = at
	return r
}

// reportConsole writes where the console of a machine is, or that it has none.
func (r *StoreRows) reportConsole(tx *store.Tx, f Fact) error {
	has, err := store.GetRow[compute.MachineConsole](tx, f.Machine, store.Everything())
	if err != nil {
		return err
	}
	col, want := compute.MachineConsoleCol, has
	if !f.Running || f.Guest.Console == "" {
		if !has.Active && has.Host == "" {
			return nil
		}
		return store.Write(tx, f.Machine, compute.MachineConsoleSet{}.Active(false).Null(col.Host, col.Port, col.Type))
	}
	want.Host, want.Port, want.Active, want.Type = r.relay.Host, int64(r.relay.Port), true, f.Guest.Console
	return store.Put(tx, has, want)
}
