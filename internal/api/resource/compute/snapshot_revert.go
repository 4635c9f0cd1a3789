package compute

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"dewpoint/internal/api/resource/frame"
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
)

type revertInput struct {
	ID       string `path:"id"`
	Snapshot string `path:"snapshot"`
	Body     *struct {
		Flags uint32 `json:"flags" minimum:"0" maximum:"7" doc:"1: let the VM run afterwards, 2: let it stand still (only with memory), 4: has no effect. 0: as it was"`
	}
}

type snapshotReverted struct {
	VM       string   `json:"vm_name"`
	Snapshot string   `json:"snapshot_name"`
	At       string   `json:"reverted_at" format:"date-time" doc:"when it was asked for; the VM is back when the job has completed"`
	Message  string   `json:"message"`
	Jobs     []string `json:"jobs" doc:"the job that takes the VM back"`
}

func addSnapshotRevert(s *service, f Family) {
	revert := f.snapshots("revert-snapshot", http.MethodPost, "/{snapshot}/revert", "Take a virtual machine back to a snapshot")
	revert.Example = `{"flags":0}`
	revert.Doc = "What its disks hold since the snapshot is lost, as far as no other snapshot has it. A guest goes on from its memory where the snapshot has that; otherwise one that runs starts again."
	frame.Add(s.Server, revert, s.revertSnapshot)
}

func (s *service) revertSnapshot(ctx context.Context, in *revertInput) (snapshotReverted, error) {
	v, err := s.vm(ctx, in.ID, perm.Modify, perm.Read)
	if err != nil {
		return snapshotReverted{}, err
	}
	row, err := s.snapshot(ctx, v.Machine.Key, in.Snapshot, perm.Modify)
	if err != nil {
		return snapshotReverted{}, err
	}
	const run, stand = 1, 2
	var flags uint32
	if in.Body != nil {
		flags = in.Body.Flags
	}
	if flags&run != 0 && flags&stand != 0 {
		return snapshotReverted{}, errs.New(errs.Invalid, "invalid_flags", "the VM can't both run and stand still afterwards; use 1 or 2").On("flags")
	}
	jobs, err := s.onSnapshots(ctx, v.Key, "restore", schema.Input{
		"snapshot_id": engine.Number(row.Key), "poweron": engine.Flag(flags&run != 0), "paused": engine.Flag(flags&stand != 0),
	})
	return snapshotReverted{
		VM: v.Name, Snapshot: row.Name, At: time.Now().UTC().Format(time.RFC3339), Message: fmt.Sprintf("VM %s is being taken back to snapshot %s", v.Name, row.Name), Jobs: jobs,
	}, err
}
