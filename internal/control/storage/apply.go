package storage

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"dewpoint/internal/control/loop"
	"dewpoint/internal/errs"
	"dewpoint/internal/fileio"
	"dewpoint/internal/host/block"
	"dewpoint/internal/space"
)

// workOn makes one drive's action ready for its queue.
func (c *Controller) workOn(d *Drive, seen observed, s step) loop.Work {
	return loop.Work{
		Key: d.Key, Name: string(s.action),
		Do: func(ctx context.Context) error {
			err := c.act(ctx, d, seen, s)
			if errs.Is(err, errs.Invalid) {
				c.refused.note(d, s.action)
			}
			return err
		},
		Report: func(ctx context.Context, err error) error {
			if err == nil {
				c.refused.forget(d.Key)
				c.Log.Info("work on a drive is complete", "drive", d.Key, "action", string(s.action))
				return nil // the action has told what it made
			}
			status := s.status
			status.Status, status.Info = "error", errs.Shown(err)
			return c.Rows.Report(ctx, []Fact{{Drive: d.Key, Status: status}})
		},
	}
}

func (c *Controller) act(ctx context.Context, d *Drive, seen observed, s step) error {
	if s.action == grow || s.action == move {
		if busy, err := c.Rows.Busy(ctx, d.Key); err != nil || busy {
			return errors.Join(err, errs.New(errs.Unavailable, "drive_busy", "the disk waits for an operation on its machine"))
		}
	}
	switch s.action {
	case create:
		return c.makeEmpty(ctx, d, seen.want, s.status)
	case grow:
		return block.Resize(ctx, seen.path, d.Size)
	case move:
		return moveFile(seen.path, seen.want)
	case remove:
		return c.remove(ctx, d, seen)
	}
	return nil
}

// makeEmpty makes a disk that holds nothing of its own.
func (c *Controller) makeEmpty(ctx context.Context, d *Drive, path string, status Status) error {
	if err := c.makeSmall(ctx, path, d.Tier, func(part string) error {
		if d.Base != "" {
			return block.CreateOver(part, d.Base, d.Size)
		}
		return block.Create(part, d.Size)
	}); err != nil {
		return err
	}
	status.Status, status.Ready, status.Progress = "offline", true, 100
	status.UsedBytes, _ = block.Used(path)
	c.report(ctx, d.Key, status)
	return nil
}

// makeSmall has fill write a disk that holds nothing of its own, and puts it in its place.
func (c *Config) makeSmall(ctx context.Context, path, tier string, fill func(part string) error) error {
	const tables = 1 << 20 // what an empty qcow2 takes, amply
	if err := c.draft(ctx, path, tables, tier, fill); err != nil {
		return err
	}
	return place(path)
}

// draft has fill write a disk, which takes need bytes, under its unfinished name. Then it lies safely on the disk, or not at all.
func (c *Config) draft(ctx context.Context, path string, need int64, tier string, fill func(part string) error) error {
	if err := makeDirs(path); err != nil {
		return err
	}
	part := path + partEnding
	if err := fileio.Remove(part); err != nil { // what a crash left
		return err
	}
	release, err := c.Space.Hold(ctx, space.Claim{ID: part, Path: part, Bytes: need, Where: "tier " + cmp.Or(tier, block.DefaultTier)})
	if err != nil {
		return err
	}
	defer release()
	err = fill(part)
	if err == nil {
		err = fileio.Sync(part)
	}
	if err != nil {
		return errors.Join(err, fileio.Remove(part))
	}
	return nil
}

// place gives a draft its own name. It may be called again after a crash.
func place(path string) error {
	err := os.Rename(path+partEnding, path)
	if errors.Is(err, fs.ErrNotExist) {
		_, err = os.Lstat(path)
	}
	if err != nil {
		return err
	}
	return fileio.Sync(filepath.Dir(path))
}

// progress returns a listener that reports every whole tenth.
func (c *Config) progress(ctx context.Context, drive int64, status Status) func(float64) {
	const tenth = 10
	told := 0
	return func(percent float64) {
		if now := int(percent) / tenth; now > told && percent < 100 {
			told = now
			status.Progress = percent
			c.report(ctx, drive, status)
		}
	}
}

// remove removes a deleted drive's file, then its row.
func (c *Controller) remove(ctx context.Context, d *Drive, seen observed) error {
	if seen.path != "" {
		if err := removeFile(seen.path); err != nil {
			return err
		}
	}
	_ = os.Remove(filepath.Dir(seen.want)) // a drive deleted while it was made has left a folder only
	return c.Rows.Purge(ctx, []int64{d.Key})
}

// removeFile removes a disk, with its machine's folder when it is the last there. One that is gone is removed.
func removeFile(path string) error {
	if err := fileio.Remove(path); err != nil {
		return err
	}
	dir := filepath.Dir(path)
	if err := fileio.Sync(dir); err != nil && !errors.Is(err, fs.ErrNotExist) { // gone with another drive, the last one
		return err
	}
	_ = os.Remove(dir) // succeeds with the machine's last drive
	return nil
}

// moveFile renames a disk to its new place. Between file systems that is not possible, and is said.
func moveFile(from, to string) error {
	if err := makeDirs(to); err != nil {
		return err
	}
	if err := os.Rename(from, to); err != nil {
		return errs.Wrap(err, errs.NotBuilt, "move_not_built", "the disk can't be moved to a tier on another file system yet")
	}
	_ = os.Remove(filepath.Dir(from)) // succeeds when it was the last there
	return fileio.Sync(filepath.Dir(to))
}

func (c *Config) report(ctx context.Context, drive int64, status Status) {
	if err := c.Rows.Report(ctx, []Fact{{Drive: drive, Status: status}}); err != nil && ctx.Err() == nil {
		c.Log.Error("a drive's status could not be written", "drive", drive, "err", err)
	}
}
