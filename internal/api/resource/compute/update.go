package compute

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"dewpoint/internal/api/resource/frame"
	"dewpoint/internal/api/resource/shape"
	"dewpoint/internal/engine"
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
)

type updateComputeInput struct {
	ID          string `path:"id"`
	RemoveDisks bool   `query:"remove_disks" doc:"allow disks that storage.disks leaves out to be deleted with their content"`
	Body        struct {
		ComputeInput
		ComputeFacts
	}
}

type ComputeEnvelope = frame.Envelope[computeDetail]

// updatedCompute is the reply to an update, which has a message beside its data.
type updatedCompute struct {
	Body struct {
		ComputeEnvelope
		Message string `json:"message"`
	}
}

func addUpdate(s *service, f Family) {
	update := f.operation("update-vm", http.MethodPut, "/{id}", "Change a virtual machine")
	update.Doc = "Missing members stay unchanged. Lists replace the present ones: disks and networks that they leave out are removed. Disks with content are removed only with remove_disks=true."
	update.Example = `{"description":"the first one","memory":2048}`
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
	detail, err := s.detail(ctx, &v)
	if err != nil {
		return nil, err
	}
	detail.Jobs = jobs
	out.Body.ComputeEnvelope, out.Body.Message = frame.Enveloped(detail), fmt.Sprintf("VM %s updated", v.Name)
	return out, nil
}

// change makes the VM what the body wants; members that are missing leave what they are about as it is. It returns the
// jobs that this begins.
func (s *service) change(ctx context.Context, v *vmRow, in *updateComputeInput) (jobs []string, err error) {
	c, err := s.changes(ctx, v, in)
	if err != nil {
		return nil, err
	}
	err = s.Engine.Do(ctx, func(w *engine.Write) error {
		jobs = nil
		if err := c.write(w, v, in.Body.CloudInit); err != nil {
			return err
		}
		jobs = shape.Jobs(w)
		return nil
	})
	return jobs, err
}

// vmChanges is what a body changes.
type vmChanges struct {
	row               schema.Input
	meta              schema.Set
	drives, nics, tpm partChanges
	told              []cloudInitFile // by those that the VM has
}

// changes holds the body against the VM.
func (s *service) changes(ctx context.Context, v *vmRow, in *updateComputeInput) (c vmChanges, err error) {
	b := &in.Body.ComputeInput
	if err := b.refuse(orIs(b.Memory, v.RAM, b.MaxMemory), orIs(b.VCPUs, v.Cores, b.MaxVCPUs)); err != nil {
		return c, err
	}
	if c.row, err = s.rowChanges(v, b); err != nil {
		return c, err
	}
	if c.drives, err = s.driveChanges(ctx, v, in); err != nil {
		return c, err
	}
	if b.Networks != nil {
		if c.nics, err = s.nicChanges(ctx, v, b.Networks); err != nil {
			return c, err
		}
	}
	c.tpm = b.tpmChanges(v)
	if err := c.fits(v, b); err != nil {
		return c, err
	}
	if c.meta, err = b.meta(); err != nil || b.CloudInit == nil {
		return c, err
	}
	c.told, err = s.cloudInitFiles(ctx, v.Key)
	return c, err
}

// rowChanges are the columns of the VM's own row.
func (s *service) rowChanges(v *vmRow, b *ComputeInput) (schema.Input, error) {
	row, err := b.vmInput()
	if err != nil {
		return nil, err
	}
	if b.ordersDrives() {
		if row["boot_order"], err = bootOrder(v.known(b.Storage.Disks, s.host)); err != nil {
			return nil, err
		}
	}
	if b.Autostart != nil && !*b.Autostart && v.OnPowerLoss != "power_on" {
		delete(row, "on_power_loss") // it doesn't start on its own: both other values mean that
	}
	return row, nil
}

// fits refuses what can't be changed while the VM runs.
func (c *vmChanges) fits(v *vmRow, b *ComputeInput) error {
	for _, part := range []struct {
		changes bool
		name    string
	}{{b.firmware(v), "the firmware"}, {!c.nics.none(), "network cards"}, {!c.tpm.none(), "the TPM"}} {
		if !part.changes {
			continue
		}
		if err := v.off(part.name); err != nil {
			return err
		}
	}
	return nil
}

// write writes the changes.
func (c *vmChanges) write(w *engine.Write, v *vmRow, init *cloudInitInput) error {
	if err := w.UpdateWith("vms", shape.Key(v.Key), c.row, c.meta); err != nil {
		return err
	}
	if err := init.tell(w, shape.Key(v.Key), v.CloudInit, c.told); err != nil {
		return err
	}
	if err := c.drives.apply(w, v, "machine_drives"); err != nil {
		return err
	}
	if err := c.nics.apply(w, v, "machine_nics"); err != nil {
		return err
	}
	return c.tpm.apply(w, v, "machine_devices")
}

// orIs is what a VM shall have of something: the number that the body gives, else what it has. A ceiling that is what it has now is one that the client
// read with it, and counts as that of the new number.
func orIs(asked *int64, is, ceiling int64) int64 {
	if asked == nil || ceiling == is {
		return is
	}
	return *asked
}

// ordersDrives reports whether the body says which drives come first.
func (b *ComputeInput) ordersDrives() bool {
	return b.Storage != nil && slices.ContainsFunc(b.Storage.Disks, func(d diskInput) bool { return d.BootOrder > 0 })
}

// firmware reports whether the body changes what a running guest has booted from.
func (b *ComputeInput) firmware(v *vmRow) bool {
	return b.UEFI != nil && *b.UEFI != v.UEFI || b.SecureBoot != nil && *b.SecureBoot != v.SecureBoot ||
		b.MachineType != nil && *b.MachineType != v.MachineType
}

// apply removes first: what is added may need a name or an address that was taken. A guest that runs gets the disks that are added, and those that are
// removed go once it has let go of them.
func (c *partChanges) apply(w *engine.Write, v *vmRow, table string) error {
	for _, key := range c.remove {
		if err := c.drop(w, v, table, key); err != nil {
			return err
		}
	}
	for key, row := range c.change {
		if err := w.Update(table, key, row); err != nil {
			return err
		}
	}
	if table != "machine_drives" || v.Machine.Status.Off() {
		return addParts(w, shape.Key(v.Machine.Key), table, c.add)
	}
	for _, row := range c.add {
		if _, err := plugPart(w, v, table, "hotplugdrive", row); err != nil {
			return err
		}
	}
	return nil
}

func (c *partChanges) drop(w *engine.Write, v *vmRow, table, key string) error {
	if table != "machine_drives" || v.Machine.Status.Off() {
		return w.Delete(table, key)
	}
	return w.Act("vms", shape.Key(v.Key), "hotplugdrive", schema.Input{"device": engine.Text(key), "unplug": engine.Flag(true), "delete": engine.Flag(true)})
}
