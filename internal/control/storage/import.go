package storage

import (
	"context"
	"os"

	"dewpoint/internal/errs"
	"dewpoint/internal/host/block"
	"dewpoint/internal/model/column"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/operation"
	"dewpoint/internal/store"
)

// Operations are the kinds of this area.
func Operations(cfg Config) []operation.Kind {
	return []operation.Kind{cfg.driveImport(), cfg.vmClone(), cfg.vmAdopt(), cfg.vmImport(), cfg.vmExport()}
}

type importRun = operation.Run[compute.DriveImport]

// driveImport makes a disk from a media file. It is begun by the request for a drive whose file is whole, or by a pass. Each import reads and
// writes whole disks, so few run at once. What fails may pass: a disk that is full, a host that is short of memory. So only what the image is to
// blame for ends it.
func (c *Config) driveImport() operation.Kind {
	const atOnce, most = 2, 98
	return operation.Define(operation.Spec[compute.DriveImport]{
		AtOnce: atOnce, Insistent: true,
		Steps: []operation.Step[compute.DriveImport]{
			{Name: "looking at the file", Do: c.told(c.lookAtFile)},
			{Name: "copying the disk", Do: c.told(c.copyDisk), Undo: c.removeDraft, Weight: most},
			{Name: "putting the disk in place", Do: c.told(c.placeDisk), Undo: c.removeDisk},
		},
	})
}

// told is a step whose failure stands in the drive's status too.
func (c *Config) told(do func(context.Context, *importRun) (operation.Commit, error)) func(context.Context, *importRun) (operation.Commit, error) {
	return func(ctx context.Context, r *importRun) (operation.Commit, error) {
		commit, err := do(ctx, r)
		if err != nil && ctx.Err() == nil {
			c.report(ctx, r.Params.Drive, Status{Status: "error", Info: errs.Shown(err)})
		}
		return commit, err
	}
}

// lookAtFile reads the drive's wish and the headers of its file, before any tool opens it.
func (c *Config) lookAtFile(ctx context.Context, r *importRun) (operation.Commit, error) {
	var d Drive
	err := r.View(ctx, func(tx *store.Tx) (err error) {
		d, err = importing(tx, r.Params.Drive)
		return err
	})
	if err != nil {
		return nil, err
	}
	r.Params.Of, r.Params.Disk = d.importSource(), d.place(c.DataDir)
	if _, err := os.Lstat(r.Params.Disk); err == nil {
		r.Params.There = true
		return nil, nil
	}
	source := c.mediaPath(r)
	img, err := block.Inspect(source)
	if err != nil {
		return nil, err
	}
	if img.VirtualSize > 0 && d.Size > 0 && d.Size < img.VirtualSize {
		return nil, errs.New(errs.Invalid, "disk_too_small", "a disk of %d bytes can't hold the %d bytes of its file", d.Size, img.VirtualSize).On("disksize")
	}
	needs, err := block.Used(source)
	r.Params.Image = compute.ImportImage{Format: string(img.Format), Size: img.VirtualSize, Needs: needs}
	return nil, err
}

// copyDisk converts the file into a draft beside the disk's place, as far as there is room for it.
func (c *Config) copyDisk(ctx context.Context, r *importRun) (operation.Commit, error) {
	if r.Params.There {
		return nil, nil
	}
	importing := Status{Status: "importing"}
	c.report(ctx, r.Params.Drive, importing)
	err := c.draft(ctx, r.Params.Disk, r.Params.Image.Needs, r.Params.Of.Tier, func(draft string) error {
		tenths := c.progress(ctx, r.Params.Drive, importing)
		tell := func(percent float64) { r.Tell(percent, ""); tenths(percent) }
		if err := block.Convert(ctx, c.mediaPath(r), block.Format(r.Params.Image.Format), draft, tell); err != nil {
			return err
		}
		if r.Params.Of.Size > r.Params.Image.Size {
			return block.Resize(ctx, draft, r.Params.Of.Size)
		}
		return nil
	})
	return nil, err
}

// placeDisk gives the draft the disk's own name. The drive is ready when this is marked, not before.
func (c *Config) placeDisk(_ context.Context, r *importRun) (operation.Commit, error) {
	if err := place(r.Params.Disk); err != nil {
		return nil, err
	}
	status := Status{Status: "offline", Ready: true, Progress: 100}
	status.UsedBytes, _ = block.Used(r.Params.Disk)
	return func(tx *store.Tx) error { return report(tx, Fact{Drive: r.Params.Drive, Status: status}) }, nil
}

func (c *Config) removeDraft(_ context.Context, r *importRun) error {
	return c.removeUnless(r, r.Params.Disk+partEnding)
}

func (c *Config) removeDisk(_ context.Context, r *importRun) error {
	return c.removeUnless(r, r.Params.Disk)
}

// removeUnless removes a file that the import has made, with its folder when nothing else is in it.
func (c *Config) removeUnless(r *importRun, path string) error {
	if r.Params.There || r.Params.Disk == "" {
		return nil
	}
	return removeFile(path)
}

func (c *Config) mediaPath(r *importRun) string {
	return block.MediaPath(c.DataDir, column.StorageName(r.Params.Of.File, r.Params.Of.ID))
}
