package held

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"dewpoint/internal/model/compute"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// snapshot is what a domain was made from: the columns that wait for a start, of rows by their paths. That of the VM is "".
type snapshot map[string]Columns

// snapshotOf takes what differs from nothing, so that a column that a later version declares isn't missed.
func snapshotOf(s *schema.Schema, r Rows) snapshot {
	shot := snapshot{"": waits(s.Table("vms"), r.VM.Diff(&compute.VM{}))}
	for _, d := range r.Drives {
		shot[PathOf("machine_drives", d.Key)] = waits(s.Table("machine_drives"), d.Diff(&compute.MachineDrive{}))
	}
	for _, n := range r.NICs {
		shot[PathOf("machine_nics", n.Key)] = waits(s.Table("machine_nics"), n.Diff(&compute.MachineNIC{}))
	}
	for _, f := range r.Seed {
		shot[seedFiles+strconv.FormatInt(f.Key, 10)] = waits(s.Table("cloudinit_files"), f.Diff(&compute.CloudinitFile{}))
	}
	for _, d := range r.Devices {
		shot[fmt.Sprintf("machine_devices/%d", d.Key)] = waits(s.Table("machine_devices"), d.Diff(&compute.MachineDevice{}))
	}
	for _, t := range r.TPMs {
		shot[fmt.Sprintf("machine_device_settings_tpm/%d", t.Key)] = waits(s.Table("machine_device_settings_tpm"), t.Diff(&compute.MachineDeviceSettingsTpm{}))
	}
	return shot
}

// seedFiles begins the paths of files for cloud-init.
const seedFiles = "cloudinit_files/"

func waits(t *schema.Table, row schema.Set) Columns {
	columns := Columns{}
	for name, v := range row {
		f := t.Field(name)
		if !f.IsAtStart || v.IsNull() {
			continue
		}
		columns[name] = v.Text()
		if f.IsSealed || len(v.Text()) > mostKept {
			digest := sha256.Sum256([]byte(v.Text()))
			columns[name] = hex.EncodeToString(digest[:])
		}
	}
	return columns
}

// Columns are columns of a row as a guest has them that wait for a start, as text.
type Columns map[string]string

// StartedWith returns the VM's columns that the guest of a machine runs or hibernates with; none where nobody has noted them.
func StartedWith(status compute.MachineStatus) Columns {
	s, _ := read(status)
	return s[""]
}

// mostKept bounds the texts that are kept as they are: of longer ones a digest says as well whether they have changed.
const mostKept = 256

func (s snapshot) text() (string, error) {
	raw, err := json.Marshal(s)
	return string(raw), err
}

// Gap is a column that a guest has otherwise than its row says, or a part that it hasn't.
type Gap struct {
	Path   string // machine_nics/5; "" for the VM
	Column string // "" for the whole part
	Want   string // the column's value in the row, as text; "" for none
}

// String is the gap as people read it: ram, machine_nics/5#vnet, machine_drives/7.
func (g Gap) String() string {
	if g.Column == "" {
		return g.Path
	}
	return strings.TrimPrefix(g.Path+"#"+g.Column, "#")
}

// gaps lists what a domain that was made from before lacks of now. Of a drive or NIC that isn't there any more nothing waits: it can't be deleted while a
// guest has it. A file for cloud-init can.
func gaps(before, now snapshot) (list []Gap) {
	for path, columns := range now {
		was, known := before[path]
		switch {
		case !known && plugged(path, columns):
			list = append(list, Gap{Path: path})
		case known:
			for name := range differ(was, columns) {
				list = append(list, Gap{Path: path, Column: name, Want: columns[name]})
			}
		}
	}
	for path := range before {
		if now[path] == nil && strings.HasPrefix(path, seedFiles) {
			list = append(list, Gap{Path: path})
		}
	}
	slices.SortFunc(list, func(a, b Gap) int { return strings.Compare(a.String(), b.String()) })
	return list
}

// Gaps lists what the guest of a machine lacks of the machine's rows; nothing for one that is off.
func Gaps(tx *store.Tx, status compute.MachineStatus, now Rows) ([]Gap, error) {
	if !status.Running || status.StartedWith == "" {
		return nil, nil
	}
	before, err := read(status)
	if err != nil || before[""] == nil {
		return nil, err // an older version started it, and didn't note with what
	}
	return gaps(before, snapshotOf(tx.Schema(), now)), nil
}

func read(status compute.MachineStatus) (s snapshot, err error) {
	if err := json.Unmarshal([]byte(status.StartedWith), &s); err != nil {
		return nil, fmt.Errorf("started_with of machine %d: %w", status.Key, err)
	}
	return s, nil
}

// plugged reports whether a part would be given to a guest that starts.
func plugged(path string, columns Columns) bool {
	return strings.HasPrefix(path, seedFiles) || columns["enabled"] != "" && (columns["vnet"] != "" || !strings.HasPrefix(path, "machine_nics/"))
}

func differ(a, b Columns) map[string]bool {
	names := map[string]bool{}
	for _, name := range slices.Concat(slices.Collect(maps.Keys(a)), slices.Collect(maps.Keys(b))) {
		if a[name] != b[name] {
			names[name] = true
		}
	}
	return names
}

// Tell writes into a machine's VM whether it needs a restart, and for what. It is called wherever one of the machine's rows was changed.
func Tell(tx *store.Tx, machine int64) error {
	vms, err := store.FindRows[compute.VM](tx, store.Is(compute.VMCol.Machine, machine))
	if err != nil || len(vms) == 0 {
		return err
	}
	status, err := store.GetRow[compute.MachineStatus](tx, machine)
	if err != nil {
		return err
	}
	want := vms[0]
	list, err := lacks(tx, vms[0], status)
	if err != nil {
		return err
	}
	want.NeedRestart, want.RestartReason = len(list) > 0, strings.Join(list, ", ")
	if want == vms[0] {
		return nil
	}
	return store.Write(tx, want.Key, compute.VMSet{}.NeedRestart(want.NeedRestart).RestartReason(want.RestartReason))
}

// lacks lists what the guest of a VM lacks of the VM's rows.
func lacks(tx *store.Tx, vm compute.VM, status compute.MachineStatus) (list []string, err error) {
	if !status.Running || status.StartedWith == "" {
		return nil, nil
	}
	rows := Rows{VM: vm}
	if rows.Drives, err = store.FindRows[compute.MachineDrive](tx, store.Is(compute.MachineDriveCol.Machine, vm.Machine)); err != nil {
		return nil, err
	}
	if rows.NICs, err = store.FindRows[compute.MachineNIC](tx, store.Is(compute.MachineNICCol.Machine, vm.Machine)); err != nil {
		return nil, err
	}
	if rows.Devices, rows.TPMs, err = Devices(tx, vm.Machine); err != nil {
		return nil, err
	}
	if rows.Seed, err = seedOf(tx, vm); err != nil {
		return nil, err
	}
	found, err := Gaps(tx, status, rows)
	for _, g := range found {
		list = append(list, g.String())
	}
	return list, err
}

// seedOf are the files that a start of the VM would give to cloud-init.
func seedOf(tx *store.Tx, vm compute.VM) ([]compute.CloudinitFile, error) {
	if vm.CloudinitDatasource == "" || vm.CloudinitDatasource == "none" {
		return nil, nil
	}
	return store.FindRows[compute.CloudinitFile](tx, store.Is(compute.CloudinitFileCol.Owner, fmt.Sprintf("vms/%d", vm.Key)))
}
