package vm

import (
	"encoding/json"

	"dewpoint/internal/errs"
	"dewpoint/internal/layer"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// markReverted takes the rows of a machine back to those of a snapshot.
func (w *Works) markReverted(tx *store.Tx, op int64, p *compute.VMRevert, on bool) error {
	s, err := store.GetRow[compute.MachineSnapshot](tx, p.Snapshot)
	if err != nil {
		return err
	}
	for _, step := range []func(*store.Tx, *compute.VMRevert, compute.MachineSnapshot) error{revertVM, revertDisks, disableLaterDisks, addLostDisks, revertCards} {
		if err := step(tx, p, s); err != nil {
			return err
		}
	}
	if on {
		return powerOn(tx, p.Machine, op)
	}
	return nil
}

// hardware is what of a row a domain is made from, but for what is sealed for the row that has it, or can't be had twice.
func hardware(r *schema.Record) schema.Set {
	set := schema.Set{}
	for i, f := range r.Table.Fields {
		if f.IsAtStart && !f.IsSealed && !f.IsUnique && f.Bond == schema.Loose && !f.IsRow() {
			set[f.Name] = r.At(i)
		}
	}
	return set
}

func revertVM(tx *store.Tx, p *compute.VMRevert, s compute.MachineSnapshot) error {
	of := compute.VMCol
	kept, err := tx.Find("vms", store.Is(of.Machine, s.SnapMachine))
	if err != nil || len(kept) == 0 {
		return err
	}
	vms, err := tx.Find("vms", store.Is(of.Machine, p.Machine))
	if err != nil || len(vms) == 0 {
		return err
	}
	set := hardware(kept[0])
	delete(set, of.ConsolePassEnabled.Name()) // the password isn't kept
	if err := tx.Change("vms", vms[0].Key, set); err != nil {
		return err
	}
	return store.Write(tx, p.Machine, compute.MachineSet{}.Cores(of.CPUCores.Of(kept[0]).Int()).RAM(of.RAM.Of(kept[0]).Int()))
}

// revertDisks has the drives go on over what they were. What they wrote to becomes a layer that nothing needs, and goes.
func revertDisks(tx *store.Tx, p *compute.VMRevert, _ compute.MachineSnapshot) error {
	for _, r := range p.Disks {
		d, err := store.GetRow[compute.MachineDrive](tx, r.Drive)
		if err != nil {
			return err
		}
		state, err := tx.Get("machine_drives", schema.IntValue(r.State))
		if err != nil {
			return err
		}
		tier, folder := placeOf(r.From)
		if _, err := layer.Freeze(tx, d, tier, folder, r.Generation); err != nil {
			return err
		}
		set := hardware(state)
		compute.MachineDriveSet(set).Base(compute.MachineDriveCol.Base.Of(state).Int())
		delete(set, compute.MachineDriveCol.PreferredTier.Name()) // it is where it is now
		if err := tx.Change("machine_drives", schema.IntValue(r.Drive), set); err != nil {
			return err
		}
	}
	return nil
}

// addLostDisks makes the drives again that were deleted since. The storage controller makes their files.
func addLostDisks(tx *store.Tx, p *compute.VMRevert, s compute.MachineSnapshot) error {
	of := compute.MachineDriveCol
	there := map[int64]bool{}
	for _, r := range p.Disks {
		there[r.State] = true
	}
	states, err := tx.Find("machine_drives", store.Is(of.Machine, s.SnapMachine))
	if err != nil {
		return err
	}
	for _, state := range states {
		if there[state.Key.Int()] || !isDisk(of.Media.Of(state).Text()) {
			continue
		}
		made := schema.NewRecord(state.Table)
		made.PutAll(hardware(state))
		made.PutAll(schema.Set(compute.MachineDriveSet{}.Machine(p.Machine).Base(of.Base.Of(state).Int()).Name(of.Name.Of(state).Text()).
			Disksize(of.Disksize.Of(state).Int()).Media("disk").Origin(0)))
		if _, err := tx.Create(made, nil); err != nil {
			return err
		}
	}
	return nil
}

// disableLaterDisks takes the disks out that came later. They stay, so that nothing is lost.
func disableLaterDisks(tx *store.Tx, p *compute.VMRevert, s compute.MachineSnapshot) error {
	then := map[int64]bool{}
	states, err := store.FindRows[compute.MachineDrive](tx, store.Is(compute.MachineDriveCol.Machine, s.SnapMachine))
	if err != nil {
		return err
	}
	for _, state := range states {
		then[state.Origin] = true
	}
	drives, err := store.FindRows[compute.MachineDrive](tx, store.Is(compute.MachineDriveCol.Machine, p.Machine))
	if err != nil {
		return err
	}
	for _, d := range drives {
		if then[d.Key] || !isDisk(d.Media) || !d.Enabled {
			continue
		}
		if err := store.Write(tx, d.Key, compute.MachineDriveSet{}.Enabled(false)); err != nil {
			return err
		}
	}
	return nil
}

// revertCards takes the cards back that are still there, and makes those again that were deleted, as far as their address and network can be had.
func revertCards(tx *store.Tx, p *compute.VMRevert, s compute.MachineSnapshot) error {
	of := compute.MachineNICCol
	states, err := tx.Find("machine_nics", store.Is(of.Machine, s.SnapMachine))
	if err != nil {
		return err
	}
	for _, state := range states {
		var was compute.CardBefore
		if err := json.Unmarshal([]byte(of.Was.Of(state).Text()), &was); err != nil {
			return err
		}
		set := hardware(state)
		_, err := store.GetRow[compute.MachineNIC](tx, was.NIC)
		switch {
		case err == nil:
			err = tx.Change("machine_nics", schema.IntValue(was.NIC), set)
		case errs.Is(err, errs.NotFound):
			err = addCard(tx, p.Machine, state, was)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func addCard(tx *store.Tx, machine int64, state *schema.Record, was compute.CardBefore) error {
	of := compute.MachineNICCol
	taken, err := store.FindRows[compute.MachineNIC](tx, store.Is(of.Macaddress, was.Macaddress))
	if err != nil || len(taken) > 0 {
		return err
	}
	made := schema.NewRecord(state.Table)
	made.PutAll(hardware(state))
	set := compute.MachineNICSet{}.Machine(machine).Macaddress(was.Macaddress).Name(of.Name.Of(state).Text())
	if vnets, err := tx.Find("vnets", store.Key(schema.IntValue(was.Vnet))); err != nil {
		return err
	} else if len(vnets) > 0 {
		set.Vnet(was.Vnet)
	}
	made.PutAll(schema.Set(set))
	_, err = tx.Create(made, nil)
	return err
}
