package compute

import (
	"context"

	"dewpoint/internal/api/resource/shape"
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/perm"
)

// Snapshot is one as replies show it.
type Snapshot struct {
	ID          string            `json:"id"`
	Name        string            `json:"name"`
	Description string            `json:"description"`
	VM          string            `json:"vm_name"`
	UUID        string            `json:"vm_uuid"`
	State       string            `json:"state" enum:"creating,running,shutoff" doc:"what the VM is when it is taken back to it: running where there is memory; creating until it is taken"`
	Type        string            `json:"type" enum:"external"`
	CreatedAt   string            `json:"created_at" format:"date-time"`
	ExpiresAt   *string           `json:"expires_at,omitempty" format:"date-time" doc:"when it is deleted"`
	Current     bool              `json:"current" doc:"the VM's disks go on from it"`
	IsCurrent   bool              `json:"is_current" doc:"the same as current"`
	Memory      bool              `json:"memory" doc:"it has the guest's memory"`
	Quiesced    bool              `json:"quiesced" doc:"the guest's agent has flushed its data to disk"`
	PauseMs     int64             `json:"pause_ms" doc:"how long the guest stood still, at the most"`
	DiskFormats map[string]string `json:"disk_formats" doc:"by the names of the disks"`
	Disks       []snapshotDisk    `json:"disks"`
	Warnings    []string          `json:"warnings,omitempty"`
}

type snapshotDisk struct {
	Disk     string `json:"disk_name"`
	Snapshot string `json:"snapshot_name"`
	Size     int64  `json:"size_bytes" doc:"what a guest sees"`
	Type     string `json:"type" enum:"external"`
}

type snapshotDetail struct {
	Snapshot Snapshot `json:"snapshot"`
}

type snapshotList struct {
	Snapshots []Snapshot `json:"snapshots"`
	Count     int        `json:"count"`
	VM        string     `json:"vm_id"`
}

// snapshotRow is a snapshot with everything that its reply shows.
type snapshotRow struct {
	Key         int64  `json:"$key"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Created     int64  `json:"created"`
	Expires     int64  `json:"expires"`
	ExpiresType string `json:"expires_type"`
	Quiesce     bool   `json:"quiesce"`
	Quiesced    bool   `json:"quiesced"`
	Memory      bool   `json:"memory"`
	PauseMs     int64  `json:"pause_ms"`
	Taken       bool   `json:"taken"`
	Kept        *struct {
		Drives []stateRow `json:"drives"`
	} `json:"snap_machine"`
}

// stateRow is a disk as it was at a snapshot.
type stateRow struct {
	Name   string `json:"name"`
	Media  string `json:"media"`
	Size   int64  `json:"disksize"`
	Base   int64  `json:"base"`
	Origin int64  `json:"origin"`
}

const snapshotFields = "$key,name,description,created,expires,expires_type,quiesce,quiesced,memory,pause_ms,taken,snap_machine[drives[name,media,disksize,base,origin]]"

// vmSnapshots is a VM with its snapshots.
type vmSnapshots struct {
	Name    string `json:"name"`
	UUID    string `json:"uuid"`
	Machine struct {
		Key    int64                `json:"$key"`
		Status *shape.MachineStatus `json:"status"`
		Drives []struct {
			Key    int64  `json:"$key"`
			Name   string `json:"name"`
			Media  string `json:"media"`
			Size   int64  `json:"disksize"`
			Base   int64  `json:"base"`
			Status *struct {
				Ready bool `json:"ready"`
			} `json:"status"`
		} `json:"drives"`
		Snapshots []snapshotRow `json:"snapshots"`
	} `json:"machine"`
}

const vmSnapshotsFields = "name,uuid,machine[$key,status[" + shape.Fields + "],drives[$key,name,media,disksize,base,status[ready]],snapshots[" + snapshotFields + "]]"

// withSnapshots reads a VM that the caller may read, with its snapshots.
func (s *service) withSnapshots(ctx context.Context, id string) (vmSnapshots, error) {
	r := vmRequest(id)
	r.Fields = vmSnapshotsFields
	v, err := engine.One[vmSnapshots](ctx, s.Engine, "vms", r, perm.Read)
	if errs.Is(err, errs.NotFound) {
		err = errs.New(errs.NotFound, "vm_not_found", "there is no VM %q", id)
	}
	return v, err
}

func (v *vmSnapshots) snapshots() []Snapshot {
	list := make([]Snapshot, len(v.Machine.Snapshots))
	for i := range v.Machine.Snapshots {
		list[i] = v.snapshot(&v.Machine.Snapshots[i])
	}
	return list
}

func (v *vmSnapshots) snapshot(row *snapshotRow) Snapshot {
	return row.shown(v.Name, v.UUID, row.Key == v.current())
}

// current is the key of the newest snapshot that all disks rest on as they are; 0 for none.
func (v *vmSnapshots) current() (key int64) {
	bases := map[int64]int64{}
	for _, d := range v.Machine.Drives {
		bases[d.Key] = d.Base
	}
	for _, row := range v.Machine.Snapshots {
		if row.Key > key && row.Taken && row.beneath(bases) {
			key = row.Key
		}
	}
	return key
}

// beneath reports whether the disks rest on what the snapshot froze.
func (r *snapshotRow) beneath(bases map[int64]int64) bool {
	for _, state := range r.states() {
		if base, there := bases[state.Origin]; there && base != state.Base {
			return false
		}
	}
	return true
}

// states are the disks that the snapshot has.
func (r *snapshotRow) states() (list []stateRow) {
	if r.Kept == nil {
		return nil
	}
	for _, d := range r.Kept.Drives {
		if d.Media != "cdrom" {
			list = append(list, d)
		}
	}
	return list
}

func (r *snapshotRow) shown(vm, uuid string, current bool) Snapshot {
	s := Snapshot{
		ID: shape.Key(r.Key), Name: r.Name, Description: r.Description, VM: vm, UUID: uuid, State: "shutoff", Type: "external", CreatedAt: shape.Stamp(r.Created),
		Current: current, IsCurrent: current, Memory: r.Memory && r.Taken, Quiesced: r.Quiesced, PauseMs: r.PauseMs, DiskFormats: map[string]string{}, Disks: []snapshotDisk{},
	}
	switch {
	case !r.Taken:
		s.State = "creating"
	case r.Memory:
		s.State = "running"
	}
	if r.ExpiresType != "never" {
		s.ExpiresAt = shape.StampOrNil(&r.Expires)
	}
	for _, d := range r.states() {
		s.DiskFormats[d.Name] = "qcow2"
		s.Disks = append(s.Disks, snapshotDisk{Disk: d.Name, Snapshot: r.Name, Size: d.Size, Type: "external"})
	}
	if r.Taken && r.Quiesce && !r.Quiesced && r.PauseMs > 0 {
		s.Warnings = []string{"the guest's agent didn't answer, so its data wasn't flushed to disk first: the snapshot is as after a loss of power"}
	}
	return s
}
