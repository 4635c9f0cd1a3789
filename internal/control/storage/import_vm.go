package storage

import (
	"context"
	"errors"
	"io"

	"dewpoint/internal/errs"
	"dewpoint/internal/fileio"
	"dewpoint/internal/host/block"
	"dewpoint/internal/host/ovf"
	"dewpoint/internal/layer"
	"dewpoint/internal/model/column"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/operation"
	"dewpoint/internal/store"
)

type vmImportRun = operation.Run[compute.ApplianceImport]

// vmImport gives a VM, whose rows the request has made, the disks that a file has for it. Nothing of the file is unpacked: disks are read where they lie in it.
func (c *Config) vmImport() operation.Kind {
	const atOnce, some, most = 2, 10, 88
	return operation.Define(operation.Spec[compute.ApplianceImport]{
		AtOnce: atOnce,
		Steps: []operation.Step[compute.ApplianceImport]{
			{Name: "finding places for the disks", Do: c.placesFor, Undo: c.dropImport},
			{Name: "checking the files against their digests", Do: c.checkDigests, Weight: some},
			{Name: "copying the disks", Do: c.bringDisks, Undo: c.removeBrought, Weight: most},
			{Name: "putting the disks in place", Do: c.placeBrought, Undo: c.removeBrought},
		},
	})
}

// part is where the bytes of a stretch of a media file lie.
func (c *Config) part(p compute.ImportPart) block.Part {
	return block.Part{Path: block.MediaPath(c.DataDir, column.StorageName(p.File, p.ID)), Offset: p.Offset, Length: p.Length}
}

// placesFor finds out where the disks belong.
func (c *Config) placesFor(ctx context.Context, r *vmImportRun) (operation.Commit, error) {
	for i := range r.Params.Disks {
		row, machine, err := c.made(ctx, r, r.Params.Disks[i].Drive)
		if err != nil {
			return nil, err
		}
		r.Params.Disks[i].Place = block.DrivePath(c.DataDir, row.PreferredTier, machine.UUID, layer.Head(row))
	}
	return nil, nil
}

// made reads a drive that the import has made; Conflict when it was deleted.
func (c *Config) made(ctx context.Context, r *vmImportRun, drive int64) (row compute.MachineDrive, machine compute.Machine, err error) {
	err = r.View(ctx, func(tx *store.Tx) error {
		if row, err = store.GetRow[compute.MachineDrive](tx, drive); err != nil {
			return err
		}
		machine, err = store.GetRow[compute.Machine](tx, row.Machine)
		return err
	})
	if errs.Is(err, errs.NotFound) {
		err = errs.New(errs.Conflict, "import_deleted", "the VM that was being imported, or one of its disks, was deleted")
	}
	return row, machine, err
}

// checkDigests reads all that the manifest vouches for.
func (c *Config) checkDigests(ctx context.Context, r *vmImportRun) (operation.Commit, error) {
	for i, d := range r.Params.Digests {
		bytes, file, err := c.part(d.ImportPart).Open()
		if err != nil {
			return nil, err
		}
		sum := ovf.Sum(d.Algorithm)
		_, err = io.Copy(sum, fileio.Reader(ctx, bytes))
		file.Close() // it was read only
		if err != nil {
			return nil, err
		}
		if want := (ovf.Digest{Algorithm: d.Algorithm, Sum: d.Sum}); !want.Is(sum) {
			return nil, errs.New(errs.Invalid, "digest_mismatch", "the bytes of %q are not those that the manifest has the %s of: the file was changed or damaged", d.Name, errs.Ours(d.Algorithm)).On("file")
		}
		r.Tell(float64(i+1)*100/float64(len(r.Params.Digests)), "")
	}
	return nil, nil
}

// bringDisks makes a draft of each disk.
func (c *Config) bringDisks(ctx context.Context, r *vmImportRun) (operation.Commit, error) {
	for i, disk := range r.Params.Disks {
		row, _, err := c.made(ctx, r, disk.Drive)
		if err != nil {
			return nil, err
		}
		tenths := c.progress(ctx, disk.Drive, Status{Status: "importing"})
		tell := func(percent float64) {
			r.Tell((float64(i)*100+percent)/float64(len(r.Params.Disks)), disk.Name)
			tenths(percent)
		}
		const tables = 1 << 20
		err = c.draft(ctx, disk.Place, disk.Needs+tables, row.PreferredTier, func(draft string) error { return c.bring(ctx, disk, draft, tell) })
		if err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// bring makes one disk.
func (c *Config) bring(ctx context.Context, disk compute.ImportedDisk, draft string, tell func(float64)) error {
	if disk.Format == "" {
		return block.Create(draft, disk.Size)
	}
	if err := c.part(disk.ImportPart).Convert(ctx, block.Format(disk.Format), draft, tell); err != nil {
		return err
	}
	has, err := block.Size(draft)
	if err != nil || disk.Size <= has {
		return err
	}
	return block.Resize(ctx, draft, disk.Size)
}

// placeBrought gives the drafts their names. When this is marked, the VM is there.
func (c *Config) placeBrought(_ context.Context, r *vmImportRun) (operation.Commit, error) {
	facts := make([]Fact, len(r.Params.Disks))
	for i, disk := range r.Params.Disks {
		if err := place(disk.Place); err != nil {
			return nil, err
		}
		size, err := block.Size(disk.Place)
		if err != nil {
			return nil, err
		}
		facts[i] = Fact{Drive: disk.Drive, Status: Status{Status: "offline", Ready: true, Progress: 100, Size: size}}
		facts[i].UsedBytes, _ = block.Used(disk.Place)
	}
	r.Result(map[string]int64{"vm": r.Params.VM})
	return func(tx *store.Tx) error {
		for _, f := range facts {
			if err := store.Write(tx, f.Drive, compute.MachineDriveSet{}.Null(compute.MachineDriveCol.CloneOf)); errs.Is(err, errs.NotFound) {
				return errs.New(errs.Conflict, "import_deleted", "the VM that was being imported, or one of its disks, was deleted")
			} else if err != nil {
				return err
			}
			if err := report(tx, f); err != nil {
				return err
			}
		}
		return completeImport(tx, r.Params.Import)
	}, nil
}

// removeBrought removes what was made of the disks, finished or not.
func (c *Config) removeBrought(_ context.Context, r *vmImportRun) error {
	var failed []error
	for _, disk := range r.Params.Disks {
		if disk.Place != "" {
			failed = append(failed, fileio.Remove(disk.Place+partEnding), removeFile(disk.Place))
		}
	}
	return errors.Join(failed...)
}

// dropImport deletes the VM: what was to be in it isn't.
func (c *Config) dropImport(ctx context.Context, r *vmImportRun) error {
	return c.Rows.DropImport(ctx, r.Key, r.Params)
}
