package compute

import (
	"context"
	"slices"

	"dewpoint/internal/api/resource/shape"
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/mark"
	"dewpoint/internal/schema"
)

// driveChanges finds a drive again by its path or its target. No storage.disks, or none in it, leaves the drives alone.
func (s *service) driveChanges(ctx context.Context, v *vmRow, in *updateComputeInput) (partChanges, error) {
	c := partChanges{change: map[string]schema.Input{}}
	if in.Body.Storage == nil || len(in.Body.Storage.Disks) == 0 {
		return c, nil
	}
	shown, left := v.compute(s.host).Disks, slices.Clone(v.Machine.Drives)
	ide, counts := in.Body.hasIDE(v.MachineType), map[string]int{}
	var fresh []diskInput
	for _, d := range in.Body.Storage.Disks {
		i := findDrive(d, shown, left)
		if i < 0 {
			fresh = append(fresh, d)
			continue
		}
		row, err := s.driveChange(ctx, v, &left[i], d, ide)
		if err != nil {
			return c, err
		}
		if len(row) > 0 {
			c.change[shape.Key(left[i].Key)] = row
		}
		counts[targetPrefix(busOf(left[i].Interface))]++
		left = slices.Delete(left, i, i+1)
	}
	for _, d := range fresh {
		row, err := s.driveInput(ctx, d, ide, counts)
		if err != nil {
			return c, err
		}
		c.add = append(c.add, row)
	}
	for _, have := range left {
		if have.Media != "cdrom" && !in.RemoveDisks {
			return c, errs.New(errs.Conflict, "disk_would_be_lost",
				"storage.disks leaves out disk %s, whose content would be lost; list it, or allow that with ?remove_disks=true", v.drivePath(&have)).On("storage.disks")
		}
		c.remove = append(c.remove, shape.Key(have.Key))
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

// known are the wanted drives, with what those of the VM are: a client need not say that again.
func (v *vmRow) known(wanted []diskInput, host mark.Instance) []diskInput {
	shown, wanted := v.compute(host).Disks, slices.Clone(wanted)
	for i := range wanted {
		if at := findDrive(wanted[i], shown, v.Machine.Drives); at >= 0 {
			wanted[i].Device = shown[at].Device
		}
	}
	return wanted
}

// driveChange says what of a drive that stays is to change. Its kind and format are for good, and so is every byte of it: a disk only grows.
func (s *service) driveChange(ctx context.Context, v *vmRow, have *driveRow, d diskInput, ide bool) (schema.Input, error) {
	if err := d.refuse(); err != nil {
		return nil, err
	}
	is, row := v.disk(have, map[string]int{}), schema.Input{}
	if d.Device != "" && d.Device != is.Device || d.Format != "" && d.Format != is.Format {
		return nil, errs.New(errs.NotBuilt, "not_built", "drive %s is a %s in format %s, which can't change", is.Path, errs.Ours(is.Device), errs.Ours(is.Format)).On("disks.format")
	}
	if d.Bus != "" && d.Bus != is.Bus {
		iface, err := interfaceOf(d.Bus, is.Device == "cdrom", ide)
		if err != nil {
			return nil, err
		}
		if iface != have.Interface {
			row["interface"] = engine.Text(iface)
		}
	}
	if d.StoragePool != "" && d.StoragePool != is.StoragePool {
		tier, err := tierOf(d.StoragePool)
		if err != nil {
			return nil, err
		}
		if tier != "" {
			row["preferred_tier"] = engine.Text(tier)
		}
	}
	if have.Media == "cdrom" {
		return row, s.mediumChange(ctx, v, have, d, row)
	}
	return row, sizeChange(&is, d, row)
}

// mediumChange puts another ISO into a CD-ROM drive.
func (s *service) mediumChange(ctx context.Context, v *vmRow, have *driveRow, d diskInput, row schema.Input) error {
	if d.Path == "" || d.Path == v.drivePath(have) {
		return nil
	}
	file, err := s.file(ctx, d.Path)
	row["media_source"] = engine.Number(file.Key)
	return err
}

// sizeChange lets a disk grow. The size that a reply shows is rounded up, and is the size that the disk has.
func sizeChange(is *diskItem, d diskInput, row schema.Input) error {
	if d.Readonly != nil && *d.Readonly != is.Readonly {
		row["readonly"] = engine.Flag(*d.Readonly)
	}
	switch {
	case d.Size == 0 || d.Size == is.Size:
		return nil
	case d.Size < is.Size:
		return errs.New(errs.Invalid, "invalid_disksize", "disk %s has %d GiB and can't shrink to %d", is.Path, is.Size, d.Size).On("disksize")
	}
	row["disksize"] = engine.Number(d.Size << 30)
	return nil
}
