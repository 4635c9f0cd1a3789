package storage

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"dewpoint/internal/errs"
	"dewpoint/internal/fileio"
	"dewpoint/internal/host/block"
	"dewpoint/internal/model/column"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/model/storage"
	"dewpoint/internal/operation"
	"dewpoint/internal/space"
	"dewpoint/internal/store"
)

type exportRun = operation.Run[compute.VMExport]

// Files keeps the bytes of media.
type Files interface {
	// Fill makes the file at path the bytes of a row that waits for them, however long it is. It may be repeated after a crash.
	Fill(ctx context.Context, key int64, path string) error
}

// vmExport makes a media file of a VM or of one disk. The disks are read where they lie, frozen by a snapshot where a guest has them.
func (c *Config) vmExport() operation.Kind {
	const atOnce, some, most = 2, 20, 78
	return operation.Define(operation.Spec[compute.VMExport]{
		AtOnce: atOnce, Ready: exportReady,
		Steps: []operation.Step[compute.VMExport]{
			{Name: "looking at the disks", Do: c.lookAtExported, Undo: c.dropExport},
			{Name: "copying the disks", Do: c.copyExported, Undo: c.removeExported, Weight: most},
			{Name: "packing", Do: c.pack, Undo: c.removeExported, Weight: some},
			{Name: "putting the file in place", Do: c.placeExported, Undo: c.removeExported},
		},
	})
}

// exportReady waits for disks that are being made.
func exportReady(tx *store.Tx, p compute.VMExport) (string, error) {
	for _, disk := range p.Disks {
		if reason, err := driveReady(tx, disk.Of); reason != "" || err != nil {
			return reason, err
		}
	}
	return "", nil
}

// exportFile reads the row that the export becomes; Conflict when it was deleted.
func exportFile(ctx context.Context, r *exportRun) (row storage.File, err error) {
	err = r.View(ctx, func(tx *store.Tx) error {
		row, err = store.GetRow[storage.File](tx, r.Params.File)
		return err
	})
	if errs.Is(err, errs.NotFound) {
		err = errs.New(errs.Conflict, "export_deleted", "the file that was to be exported into was deleted")
	}
	return row, err
}

// exports is the folder of drafts below the data directory, on the same file system as the media: what lies among these without a row is set aside.
const exports = "exports"

// lookAtExported finds out how long the disks are and where the drafts lie.
func (c *Config) lookAtExported(ctx context.Context, r *exportRun) (operation.Commit, error) {
	file, err := exportFile(ctx, r)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(c.DataDir, exports, column.StorageName(file.Key, file.StorageID))
	r.Params.Draft = path + partEnding
	for i := range r.Params.Disks {
		disk := &r.Params.Disks[i]
		s, err := c.source(ctx, r, disk.Of)
		if err != nil {
			return nil, err
		}
		if s.running && s.row.Origin == 0 {
			return nil, errs.New(errs.Conflict, "vm_started", "the VM was started while it was about to be exported; export it again")
		}
		if disk.Size, err = block.Size(s.content()); err != nil {
			return nil, err
		}
		disk.Draft = r.Params.Draft
		if r.Params.Format == compute.OVA {
			disk.Draft = path + "-" + diskName(i) + partEnding
		}
	}
	return nil, nil
}

// copyExported copies each disk, with all beneath it, in the format that is wanted.
func (c *Config) copyExported(ctx context.Context, r *exportRun) (operation.Commit, error) {
	for i, disk := range r.Params.Disks {
		s, err := c.source(ctx, r, disk.Of)
		if err != nil {
			return nil, err
		}
		layers, err := c.stackOf(s)
		if err != nil {
			return nil, err
		}
		var needs int64
		for _, path := range layers {
			used, err := block.Used(path)
			if err != nil {
				return nil, err
			}
			needs += used
		}
		tell := func(percent float64) { r.Tell((float64(i)*100+percent)/float64(len(r.Params.Disks)), disk.Name) }
		if err := c.exportDraft(ctx, disk.Draft, min(needs, disk.Size), func() error {
			return block.Export(ctx, layers, disk.Draft, exportFormat(r.Params.Format), disk.Size, tell)
		}); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// stackOf lists the files that a disk's content is in, the uppermost first.
func (c *Config) stackOf(s source) (layers []string, err error) {
	if s.row.Origin == 0 {
		layers = append(layers, s.path)
	}
	beneath, err := s.layers.Beneath(s.row.Base)
	for _, l := range beneath {
		layers = append(layers, layerPath(c.DataDir, l))
	}
	return layers, err
}

// exportFormat is QEMU's word for a format.
func exportFormat(format string) block.Format {
	switch format {
	case compute.OVA:
		return block.StreamVMDK
	case "vhd":
		return block.VHD
	}
	return block.Format(format)
}

// exportDraft has fill write a file of need bytes, which then lies safely on the disk, or not at all.
func (c *Config) exportDraft(ctx context.Context, path string, need int64, fill func() error) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	if err := fileio.Remove(path); err != nil { // what a crash left
		return err
	}
	release, err := c.Space.Hold(ctx, space.Claim{ID: path, Path: path, Bytes: need, Where: "the disk that holds the media"})
	if err != nil {
		return err
	}
	defer release()
	if err := fill(); err != nil {
		return errors.Join(err, fileio.Remove(path))
	}
	return fileio.Sync(path)
}

// placeExported gives the file its bytes.
func (c *Config) placeExported(ctx context.Context, r *exportRun) (operation.Commit, error) {
	if err := c.Files.Fill(ctx, r.Params.File, r.Params.Draft); errs.Is(err, errs.NotFound) {
		return nil, errs.New(errs.Conflict, "export_deleted", "the file that was to be exported into was deleted")
	} else if err != nil {
		return nil, err
	}
	r.Result(map[string]int64{"file": r.Params.File})
	return func(tx *store.Tx) error { return letGoOf(tx, r.Params.Snapshot) }, c.removeExported(ctx, r)
}

// removeExported removes what was made on the way.
func (c *Config) removeExported(_ context.Context, r *exportRun) error {
	if r.Params.Draft == "" {
		return nil
	}
	failed := []error{fileio.Remove(r.Params.Draft)}
	for _, disk := range r.Params.Disks {
		if disk.Draft != "" {
			failed = append(failed, fileio.Remove(disk.Draft))
		}
	}
	return errors.Join(failed...)
}

// dropExport deletes the row that has no bytes, and the snapshot that was taken.
func (c *Config) dropExport(ctx context.Context, r *exportRun) error {
	return c.Rows.DropExport(ctx, r.Params)
}
