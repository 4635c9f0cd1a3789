package vm

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"

	"dewpoint/internal/errs"
	"dewpoint/internal/held"
	"dewpoint/internal/host/block"
	"dewpoint/internal/host/domxml"
	"dewpoint/internal/layer"
	"dewpoint/internal/mark"
	"dewpoint/internal/model/column"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/model/storage"
	"dewpoint/internal/model/system"
	"dewpoint/internal/operation"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// Opener reads what rows hold sealed; *auth.Service is one.
type Opener interface {
	// Open returns the secret in a text that was found in a column of the row with that key, "" for none.
	Open(table, key, column, text string) (string, error)
}

// StoreRows are the rows of the database: machines of type vm and what hangs on them.
type StoreRows struct {
	db       *store.DB
	secrets  Opener
	dataDir  string
	instance string
	node     int64   // key of the node this is
	relay    Address // of consoles
}

// NewStoreRows returns the rows of db for the node with that key.
func NewStoreRows(db *store.DB, secrets Opener, dataDir, instance string, node int64) *StoreRows {
	return &StoreRows{db: db, secrets: secrets, dataDir: dataDir, instance: instance, node: node}
}

// Wish implements Rows in one transaction.
func (r *StoreRows) Wish(ctx context.Context, present []int64) (out []Machine, err error) {
	err = r.db.View(ctx, func(tx *store.Tx) error {
		t, err := r.read(tx, present)
		if err != nil {
			return err
		}
		for _, machine := range t.machines {
			out = append(out, r.machine(t, machine))
		}
		return nil
	})
	return out, err
}

// tables are the rows that a wish is made of.
type tables struct {
	machines []compute.Machine
	vms      map[int64]compute.VM // by machine
	statuses map[int64]compute.MachineStatus
	drives   map[int64][]compute.MachineDrive // by machine, in their order
	ready    map[int64]bool                   // drives
	nics     map[int64][]compute.MachineNIC   // by machine, in their order; disabled ones too
	gaps     map[int64][]held.Gap             // by machine
	layers   layer.Set                        // beneath the drives
	media    map[int64]storage.File           // that CD-ROM drives read
	devices  map[int64][]domxml.Device        // by machine, in their order
	before   map[int64][]system.Operation     // by machine
}

// One reads a single machine, as Wish does.
func (r *StoreRows) One(tx *store.Tx, key int64) (m Machine, err error) {
	row, err := store.GetRow[compute.Machine](tx, key)
	if err != nil {
		return m, err
	}
	t, err := r.readOf(tx, []compute.Machine{row})
	if err != nil {
		return m, err
	}
	return r.machine(t, row), nil
}

func (r *StoreRows) read(tx *store.Tx, present []int64) (tables, error) {
	machines, err := r.machines(tx, present)
	if err != nil {
		return tables{}, err
	}
	return r.readOf(tx, machines)
}

func (r *StoreRows) readOf(tx *store.Tx, machines []compute.Machine) (t tables, err error) {
	t.machines = machines
	keys, numbers := make([]schema.Value, len(t.machines)), make([]int64, len(t.machines))
	for i, m := range t.machines {
		keys[i], numbers[i] = schema.IntValue(m.Key), m.Key
	}
	vms, err := store.FindRows[compute.VM](tx, store.Is(compute.VMCol.Machine, numbers...))
	if err != nil {
		return t, err
	}
	statuses, err := store.FindRows[compute.MachineStatus](tx, store.Everything(), store.Key(keys...))
	if err != nil {
		return t, err
	}
	theirs := []store.Cond{store.Is(compute.MachineDriveCol.Machine, numbers...), store.Is(compute.MachineDriveCol.Enabled, true)}
	drives, err := store.FindRows[compute.MachineDrive](tx, theirs...)
	if err != nil {
		return t, err
	}
	driveStatuses, err := store.FindRows[compute.MachineDriveStatus](tx, store.KeyWithin("machine_drives", theirs...))
	if err != nil {
		return t, err
	}
	nics, err := store.FindRows[compute.MachineNIC](tx, store.Is(compute.MachineNICCol.Machine, numbers...))
	if err != nil {
		return t, err
	}
	devices, tpms, err := held.Devices(tx, numbers...)
	if err != nil {
		return t, err
	}
	t.index(vms, statuses, drives, driveStatuses, nics)
	if err := t.readGaps(tx); err != nil {
		return t, err
	}
	t.devices = devicesOf(devices, tpms)
	if t.layers, err = layer.Of(tx, drives...); err != nil {
		return t, err
	}
	if t.before, err = operation.BeforePower(tx, t.machines, func(machine int64) int64 { return t.statuses[machine].DoneSeq }); err != nil {
		return t, err
	}
	return t, t.readMedia(tx, drives)
}

// readMedia reads the names of what is in CD-ROM drives.
func (t *tables) readMedia(tx *store.Tx, drives []compute.MachineDrive) error {
	t.media = map[int64]storage.File{}
	var keys []schema.Value
	for _, d := range drives {
		if d.Media == "cdrom" && d.MediaSource != 0 {
			keys = append(keys, schema.IntValue(d.MediaSource))
		}
	}
	if len(keys) == 0 {
		return nil
	}
	files, err := store.FindRows[storage.File](tx, store.Everything(), store.Key(keys...))
	for _, f := range files {
		t.media[f.Key] = f
	}
	return err
}

// readGaps finds out what the guests lack of which a row says that they lack something.
func (t *tables) readGaps(tx *store.Tx) (err error) {
	t.gaps = map[int64][]held.Gap{}
	for machine, vm := range t.vms {
		if !vm.NeedRestart {
			continue
		}
		now := held.Rows{VM: vm, Drives: t.drives[machine], NICs: t.nics[machine]}
		if t.gaps[machine], err = held.Gaps(tx, t.statuses[machine], now); err != nil {
			return err
		}
	}
	return nil
}

// machines reads those that are deleted, that aren't settled, or that the host has a domain of. Those that run on another node are its own.
func (r *StoreRows) machines(tx *store.Tx, present []int64) (all []compute.Machine, err error) {
	here := store.IsOrNull(compute.MachineStatusCol.Node, r.node)
	keys := make([]schema.Value, len(present))
	for i, key := range present {
		keys[i] = schema.IntValue(key)
	}
	isVM := store.Is(compute.MachineCol.Type, "vm")
	seen := map[int64]bool{}
	for _, which := range [][]store.Cond{
		{store.Tombstones(), store.KeyWithin("machine_status", store.Everything(), here)},
		{store.KeyWithin("machine_status", here, store.Is(compute.MachineStatusCol.Settled, false))},
		{store.Everything(), store.Key(keys...)},
	} {
		found, err := store.FindRows[compute.Machine](tx, append(which, isVM)...)
		if err != nil {
			return nil, err
		}
		for _, m := range found {
			if !seen[m.Key] {
				seen[m.Key] = true
				all = append(all, m)
			}
		}
	}
	return all, nil
}

func (t *tables) index(vms []compute.VM, statuses []compute.MachineStatus, drives []compute.MachineDrive, ready []compute.MachineDriveStatus, nics []compute.MachineNIC) {
	t.vms, t.statuses = map[int64]compute.VM{}, map[int64]compute.MachineStatus{}
	t.drives, t.ready, t.nics = map[int64][]compute.MachineDrive{}, map[int64]bool{}, map[int64][]compute.MachineNIC{}
	for _, row := range vms {
		t.vms[row.Machine] = row
	}
	for _, row := range statuses {
		t.statuses[row.Key] = row
	}
	slices.SortStableFunc(drives, func(a, b compute.MachineDrive) int { return cmp.Compare(a.Orderid, b.Orderid) })
	for _, row := range drives {
		t.drives[row.Machine] = append(t.drives[row.Machine], row)
	}
	for _, row := range ready {
		t.ready[row.Key] = row.Ready
	}
	slices.SortStableFunc(nics, func(a, b compute.MachineNIC) int { return cmp.Compare(a.Orderid, b.Orderid) })
	for _, row := range nics {
		t.nics[row.Machine] = append(t.nics[row.Machine], row)
	}
}

func (r *StoreRows) machine(t tables, row compute.Machine) Machine {
	m := Machine{
		Key: row.Key, StorageID: row.StorageID, Deleted: row.Deleted, UUID: row.UUID, PowerOp: row.PowerOp, PowerSeq: row.PowerSeq, OnPowerLoss: row.OnPowerLoss,
		Hardware: domxml.VM{Row: t.vms[row.Key], Title: cmp.Or(t.vms[row.Key].Name, row.Name)}, Last: statusOf(t.statuses[row.Key]),
		Before: t.before[row.Key], StartedWith: t.statuses[row.Key].StartedWith,
	}
	if m.Last.Asleep {
		m.Had = held.StartedWith(t.statuses[row.Key])
	}
	m.Hardware.ConsolePassword, m.Unreadable = r.consolePassword(t.vms[row.Key])
	for _, drive := range t.drives[row.Key] {
		made, err := r.drive(t, row, drive)
		whole := drive.Media != "cdrom" || drive.MediaSource == 0 || t.media[drive.MediaSource].Complete
		m.Drives = append(m.Drives, Drive{Drive: made, Ready: t.ready[drive.Key] && whole})
		m.Unreadable = errors.Join(m.Unreadable, err)
	}
	for _, nic := range t.nics[row.Key] {
		if nic.Vnet == 0 {
			continue // plugged into nothing: nothing to attach it to
		}
		card := domxml.NIC{Row: nic, Bridge: mark.Instance(r.instance).Bridge(nic.Vnet), Tap: mark.Instance(r.instance).Tap(nic.Key)}
		m.NICs = append(m.NICs, card)
		if nic.Enabled {
			m.Hardware.NICs = append(m.Hardware.NICs, card)
		}
	}
	m.Gaps = t.gaps[row.Key]
	m.Hardware.Devices = t.devices[row.Key]
	return m
}

// devicesOf puts devices and the settings of TPMs together, by machine.
func devicesOf(rows []compute.MachineDevice, tpms []compute.MachineDeviceSettingsTpm) map[int64][]domxml.Device {
	settings, all := map[int64]compute.MachineDeviceSettingsTpm{}, map[int64][]domxml.Device{}
	for _, t := range tpms {
		settings[t.Key] = t
	}
	for _, row := range rows {
		all[row.Machine] = append(all[row.Machine], domxml.Device{Row: row, TPM: settings[row.Key]})
	}
	return all
}

// consolePassword is opened no earlier than here, on the way to the host.
func (r *StoreRows) consolePassword(vm compute.VM) (string, error) {
	if !vm.ConsolePassEnabled {
		return "", nil
	}
	password, err := r.secrets.Open("vms", strconv.FormatInt(vm.Key, 10), "console_pass", vm.ConsolePass)
	if err != nil {
		return "", errs.Wrap(err, errs.Unavailable, "console_pass_unreadable",
			"the console password of VM %q can't be read, because the server's key was replaced: set console_pass again, or put back the file secret that belongs to the database and restart the server", vm.Name)
	}
	return password, nil
}

// drive says which files a drive is: a CD-ROM reads its medium as it is, everything else has a qcow2 file in a pool, with layers beneath it.
func (r *StoreRows) drive(t tables, machine compute.Machine, row compute.MachineDrive) (domxml.Drive, error) {
	d := domxml.Drive{
		Row: row, Device: "disk", Format: string(block.Qcow2), Path: block.DrivePath(r.dataDir, row.PreferredTier, machine.UUID, layer.Head(row)),
	}
	if row.Media == "cdrom" {
		d.Device, d.Format, d.Path = "cdrom", string(block.Raw), ""
		if row.MediaSource != 0 {
			d.Path = block.MediaPath(r.dataDir, column.StorageName(row.MediaSource, t.media[row.MediaSource].StorageID))
		}
	}
	layers, err := t.layers.Beneath(row.Base)
	for _, l := range layers {
		d.Layers = append(d.Layers, block.DrivePath(r.dataDir, l.Tier, l.Folder, l.File))
	}
	return d, err
}

func statusOf(row compute.MachineStatus) Status {
	return Status{
		Running: row.Running, Status: row.Status, State: row.State, Info: row.StatusInfo, Started: row.Started, DoneSeq: row.DoneSeq,
		BootID: row.BootID, PowerWanted: row.Powerstate, Cores: int(row.RunningCores), RAMMiB: int(row.RunningRAM), MachineType: row.MachineType,
		Settled: row.Settled, Asleep: row.Asleep, OffAsked: row.OffAsked,
	}
}
