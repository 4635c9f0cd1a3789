package compute

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"dewpoint/internal/api/resource/frame"
	"dewpoint/internal/api/resource/shape"
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
)

type updateComputeInput struct {
	ID          string `path:"id"`
	RemoveDisks bool   `query:"remove_disks" doc:"agree to lose the content of disks that storage.disks leaves out"`
	Body        computeInput
}

type computeEnvelope = frame.Envelope[computeDetail]

// updatedCompute is the reply to an update, which has a message beside its data.
type updatedCompute struct {
	Body struct {
		computeEnvelope
		Message string `json:"message"`
	}
}

func addUpdate(s *service, f Family) {
	update := f.operation("update-vm", http.MethodPut, "/{id}", "Change a virtual machine")
	update.Doc = "Members that are missing stay as they are. Lists are whole: disks and networks that are not in them are removed, disks with content only with remove_disks=true."
	frame.AddShaped(s.Server, update, s.updateCompute)
}

func (s *service) updateCompute(ctx context.Context, in *updateComputeInput) (*updatedCompute, error) {
	v, err := s.vm(ctx, in.ID, perm.Modify, perm.Read) // the body is held against what there is, and the reply shows it whole
	if err != nil {
		return nil, err
	}
	jobs, err := s.change(ctx, &v, in)
	if err != nil {
		return nil, err
	}
	if v, err = s.vm(ctx, v.UUID, perm.Read); err != nil {
		return nil, err
	}
	out := &updatedCompute{}
	detail := v.detail()
	detail.Jobs = jobs
	out.Body.computeEnvelope, out.Body.Message = frame.Enveloped(detail), fmt.Sprintf("VM %s updated", v.Name)
	return out, nil
}

// change makes the VM what the body wants; members that are missing leave what they are about as it is. It returns the
// jobs that this begins.
func (s *service) change(ctx context.Context, v *vmRow, in *updateComputeInput) (jobs []string, err error) {
	b := &in.Body
	if err := b.refuse(); err != nil {
		return nil, err
	}
	row, err := b.vmInput()
	if err != nil {
		return nil, err
	}
	if b.Autostart != nil && !*b.Autostart && v.OnPowerLoss != "power_on" {
		delete(row, "on_power_loss") // it doesn't start on its own: both other values mean that
	}
	if b.firmware(v) {
		if err := v.off("the firmware"); err != nil {
			return nil, err
		}
	}
	drives, err := s.driveChanges(ctx, v, in)
	if err != nil {
		return nil, err
	}
	var nics partChanges
	if b.Networks != nil {
		if nics, err = s.nicChanges(ctx, v, b.Networks); err != nil {
			return nil, err
		}
	}
	if !nics.none() {
		if err := v.off("network cards"); err != nil {
			return nil, err
		}
	}
	meta, err := b.meta()
	if err != nil {
		return nil, err
	}
	err = s.Engine.Do(ctx, func(w *engine.Write) error {
		if err := w.UpdateWith("vms", shape.Key(v.Key), row, meta); err != nil {
			return err
		}
		if err := drives.apply(w, v, "machine_drives"); err != nil {
			return err
		}
		if err := nics.apply(w, v, "machine_nics"); err != nil {
			return err
		}
		jobs = shape.Jobs(w)
		return nil
	})
	return jobs, err
}

// firmware reports whether the body changes what a running guest has booted from.
func (b *computeInput) firmware(v *vmRow) bool {
	return b.UEFI != nil && *b.UEFI != v.UEFI || b.SecureBoot != nil && *b.SecureBoot != v.SecureBoot ||
		b.MachineType != nil && *b.MachineType != v.MachineType
}

// apply removes first: what is added may need a name or an address that was taken.
func (c *partChanges) apply(w *engine.Write, v *vmRow, table string) error {
	for _, key := range c.remove {
		if err := w.Delete(table, key); err != nil {
			return err
		}
	}
	for key, row := range c.change {
		if err := w.Update(table, key, row); err != nil {
			return err
		}
	}
	return addParts(w, shape.Key(v.Machine.Key), table, c.add)
}

// driveChanges finds a drive again by its path or its target. No storage.disks, or none in it, leaves the drives alone.
func (s *service) driveChanges(ctx context.Context, v *vmRow, in *updateComputeInput) (partChanges, error) {
	c := partChanges{change: map[string]schema.Input{}}
	if in.Body.Storage == nil || len(in.Body.Storage.Disks) == 0 {
		return c, nil
	}
	shown, left := v.compute().Disks, slices.Clone(v.Machine.Drives)
	for _, d := range in.Body.Storage.Disks {
		i := findDrive(d, shown, left)
		if i < 0 {
			row, err := s.driveInput(ctx, d, in.Body.hasIDE(v.MachineType))
			if err != nil {
				return c, err
			}
			c.add = append(c.add, row)
			continue
		}
		row, err := s.driveChange(ctx, v, &left[i], d)
		if err != nil {
			return c, err
		}
		if len(row) > 0 {
			c.change[shape.Key(left[i].Key)] = row
		}
		left = slices.Delete(left, i, i+1)
	}
	for _, have := range left {
		if have.Media != "cdrom" && !in.RemoveDisks {
			return c, errs.New(errs.Conflict, "disk_would_be_lost",
				"storage.disks leaves out disk %s, whose content would be gone for good; list it, or agree with ?remove_disks=true", v.drivePath(&have)).On("storage.disks")
		}
		c.remove = append(c.remove, shape.Key(have.Key))
	}
	if !c.none() {
		return c, v.off("disks")
	}
	return c, nil
}

// findDrive returns the index in left of the drive that a wanted disk means, -1 when it is a new one.
func findDrive(d diskInput, shown []diskItem, left []driveRow) int {
	for _, same := range []func(diskItem) bool{
		func(have diskItem) bool { return d.Path != "" && d.Path == have.Path },
		func(have diskItem) bool { return d.Target != "" && d.Target == have.Target },
	} {
		for _, have := range shown {
			i := slices.IndexFunc(left, func(r driveRow) bool { return shape.Key(r.Key) == have.ID })
			if i >= 0 && same(have) {
				return i
			}
		}
	}
	return -1
}

// driveChange says what of a drive that stays is to change: a disk may grow, a CD-ROM drive may get another ISO.
func (s *service) driveChange(ctx context.Context, v *vmRow, have *driveRow, d diskInput) (schema.Input, error) {
	row := schema.Input{}
	if have.Media != "cdrom" {
		if size := d.Size << 30; size > have.Size {
			row["disksize"] = engine.Number(size)
		}
		return row, nil
	}
	if d.Path != "" && d.Path != v.drivePath(have) {
		file, err := s.file(ctx, d.Path)
		if err != nil {
			return nil, err
		}
		row["media_source"] = engine.Number(file.Key)
	}
	return row, nil
}
