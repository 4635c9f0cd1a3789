package compute

import (
	"context"
	"fmt"
	"net/http"

	"dewpoint/internal/api/resource/frame"
	"dewpoint/internal/api/resource/shape"
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/perm"
	"dewpoint/internal/query"
	"dewpoint/internal/schema"
)

// SnapshotBody says what a snapshot shall keep.
type SnapshotBody struct {
	Name          string `json:"name" required:"true" minLength:"1" maxLength:"128" doc:"by which paths name the snapshot"`
	Description   string `json:"description" maxLength:"1024"`
	IncludeMemory bool   `json:"include_memory" doc:"keep the memory of a running VM too, so that it goes on from there"`
	Memory        bool   `json:"memory" doc:"the same as include_memory"`
	Quiesce       bool   `json:"quiesce" doc:"ask the guest's agent to flush its data to disk first"`
	ForceExternal bool   `json:"force_external" doc:"all snapshots are external, whatever this says"`
	External      bool   `json:"external" doc:"the same as force_external"`
}

type snapshotInput struct {
	ID   string `path:"id"`
	Body SnapshotBody
}

type snapshotPath struct {
	ID       string `path:"id"`
	Snapshot string `path:"snapshot" doc:"the snapshot's name; of several with one name the newest is meant"`
}

type snapshotMade struct {
	Snapshot Snapshot `json:"snapshot"`
	Message  string   `json:"message"`
	Warnings []string `json:"warnings,omitempty"`
	Jobs     []string `json:"jobs" doc:"the job that takes the snapshot"`
}

func addSnapshots(s *service, f Family) {
	op := f.snapshots
	frame.Add(s.Server, op("list-snapshots", http.MethodGet, "", "List the snapshots of a virtual machine"), s.listSnapshots)
	create := op("create-snapshot", http.MethodPost, "", "Take a snapshot of a virtual machine")
	create.Status, create.Example = http.StatusCreated, `{"name":"before the update"}`
	create.Doc = "Its state is creating until the job in the reply has completed. Deleting it until then cancels the job."
	frame.Add(s.Server, create, s.createSnapshot)
	frame.Add(s.Server, op("get-snapshot-capabilities", http.MethodGet, "/capabilities", "Tell what snapshots a virtual machine can have"), s.snapshotCapabilities)
	frame.Add(s.Server, op("get-snapshot", http.MethodGet, "/{snapshot}", "Read a snapshot"), s.getSnapshot)
	frame.AddEmpty(s.Server, op("delete-snapshot", http.MethodDelete, "/{snapshot}", "Delete a snapshot; the virtual machine may be running"), s.deleteSnapshot)
}

func (f Family) snapshots(id, method, path, summary string) frame.Operation {
	o := f.operation(id, method, "/{id}/snapshots"+path, summary)
	o.Codes.Exists, o.Codes.Invalid = "SNAPSHOT_ALREADY_EXISTS", "INVALID_REQUEST"
	o.Codes.Fields = map[string]string{"name": "INVALID_REQUEST", "machine": "SNAPSHOT_NOT_SUPPORTED"}
	o.Codes.Members = map[string]string{"paused": "flags", "machine": "disks"}
	return o
}

func (s *service) listSnapshots(ctx context.Context, in *frame.ByID) (snapshotList, error) {
	v, err := s.withSnapshots(ctx, in.ID)
	list := snapshotList{Snapshots: v.snapshots(), VM: in.ID}
	list.Count = len(list.Snapshots)
	return list, err
}

func (s *service) getSnapshot(ctx context.Context, in *snapshotPath) (snapshotDetail, error) {
	v, err := s.withSnapshots(ctx, in.ID)
	if err != nil {
		return snapshotDetail{}, err
	}
	row, err := s.snapshot(ctx, v.Machine.Key, in.Snapshot, perm.Read)
	return snapshotDetail{Snapshot: v.snapshot(&row)}, err
}

// snapshot reads the newest of a machine that is called so.
func (s *service) snapshot(ctx context.Context, machine int64, name string, right perm.Right) (snapshotRow, error) {
	row, err := engine.One[snapshotRow](ctx, s.Engine, "machine_snapshots", namedSnapshot(machine, name), right)
	if errs.Is(err, errs.NotFound) {
		err = errs.New(errs.NotFound, "snapshot_not_found", "the VM has no snapshot %q", name)
	}
	return row, err
}

func namedSnapshot(machine int64, name string) query.Request {
	return query.Request{Fields: snapshotFields, Sort: "-$key", Equals: map[string]string{"machine": shape.Key(machine), "name": name}}
}

func (s *service) createSnapshot(ctx context.Context, in *snapshotInput) (snapshotMade, error) {
	v, err := s.vm(ctx, in.ID, perm.Modify, perm.Read)
	if err != nil {
		return snapshotMade{}, err
	}
	b := &in.Body
	if err := s.freeName(ctx, v.Machine.Key, b.Name); err != nil {
		return snapshotMade{}, err
	}
	memory := b.IncludeMemory || b.Memory
	jobs, err := s.onSnapshots(ctx, v.Key, "snapshot", schema.Input{
		"name": engine.Text(b.Name), "description": engine.Text(b.Description), "memory": engine.Flag(memory), "quiesce": engine.Flag(b.Quiesce),
	})
	if err != nil {
		return snapshotMade{}, err
	}
	row, err := engine.Made[snapshotRow](ctx, s.Engine, "machine_snapshots", namedSnapshot(v.Machine.Key, b.Name))
	done := snapshotMade{Snapshot: row.shown(v.Name, v.UUID, false), Message: fmt.Sprintf("snapshot %s of VM %s is being taken", b.Name, v.Name), Jobs: jobs}
	if memory && v.Machine.Status.Off() {
		done.Warnings = append(done.Warnings, "the VM is off, so there is no memory to keep")
	}
	return done, err
}

// freeName is a Conflict for a name that a snapshot of the machine has, and Invalid for one that can't stand in a path.
func (s *service) freeName(ctx context.Context, machine int64, name string) error {
	switch name {
	case ".", "..", "capabilities":
		return errs.Field("name", "must not be %s, because paths name snapshots by it; choose another one", errs.Ours(name))
	}
	_, err := engine.Made[snapshotRow](ctx, s.Engine, "machine_snapshots", namedSnapshot(machine, name))
	switch {
	case errs.Is(err, errs.NotFound):
		return nil
	case err == nil:
		return errs.New(errs.Conflict, "exists", "the VM has a snapshot %q already; choose another name, or delete that one first", name).On("name")
	}
	return err
}

// onSnapshots does an action of a VM that is about its snapshots, and names the jobs that it began.
func (s *service) onSnapshots(ctx context.Context, vm int64, action string, params schema.Input) (jobs []string, err error) {
	err = s.Engine.Do(ctx, func(w *engine.Write) error {
		err := w.Act("vms", shape.Key(vm), action, params)
		jobs = shape.Jobs(w)
		return err
	})
	return jobs, err
}

func (s *service) deleteSnapshot(ctx context.Context, in *snapshotPath) error {
	v, err := s.vm(ctx, in.ID, perm.Delete, perm.Read)
	if err != nil {
		return err
	}
	row, err := s.snapshot(ctx, v.Machine.Key, in.Snapshot, perm.Delete)
	if err != nil {
		return err
	}
	return s.Engine.Delete(ctx, "machine_snapshots", shape.Key(row.Key))
}
