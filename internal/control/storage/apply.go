package storage

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"dewpoint/internal/errs"
	"dewpoint/internal/fileio"
	"dewpoint/internal/host/block"
	"dewpoint/internal/model"
	"dewpoint/internal/space"
)

// carryOut does one drive's action and reports how it ended.
func (c *Controller) carryOut(ctx context.Context, d *Drive, seen observed, s step) {
	key := strconv.FormatInt(d.Key, 10)
	err := c.act(ctx, d, seen, s)
	if ctx.Err() != nil {
		return // the server stops; the next one begins anew
	}
	if err == nil {
		c.backoff.Ok(key)
		c.refused.forget(d.Key)
		if s.action != remove {
			c.log.Info("drive is ready", "drive", d.Key, "action", string(s.action))
		}
		return
	}
	if errs.Is(err, errs.Invalid) {
		c.refused.note(d, s.action)
		c.log.Warn("work on a drive was refused; it waits until the drive or its file is changed", "drive", d.Key, "action", string(s.action), "err", err)
	} else {
		wait := c.backoff.Fail(key, time.Now())
		time.AfterFunc(wait, c.Wake)
		c.log.Warn("work on a drive failed", "drive", d.Key, "action", string(s.action), "retry_in", wait, "err", err)
	}
	status := s.status
	status.Status, status.Info = "error", "internal error; see the server's log"
	if typed := errs.As(err); typed != nil {
		status.Info = typed.Text
	}
	c.report(ctx, d.Key, status)
}

func (c *Controller) act(ctx context.Context, d *Drive, seen observed, s step) error {
	switch s.action {
	case create:
		const tables = 1 << 20 // what an empty qcow2 takes, amply
		return c.makeFile(ctx, d, seen.want, s.status, tables, func(part string) error {
			return block.Create(ctx, part, d.Size)
		})
	case convert:
		return c.convert(ctx, d, seen.want, s.status)
	case grow:
		return block.Resize(ctx, seen.path, block.Qcow2, d.Size)
	case move:
		return moveFile(seen.path, seen.want)
	case remove:
		return c.remove(ctx, d, seen)
	}
	return nil
}

// makeFile has fill write the disk, which takes need bytes, under its unfinished name and, once it lies safely on the disk, gives it its own.
func (c *Controller) makeFile(ctx context.Context, d *Drive, path string, status Status, need int64, fill func(part string) error) error {
	if err := makeDirs(path); err != nil {
		return err
	}
	part := path + partEnding
	release, err := c.space.Hold(ctx, space.Claim{ID: part, Path: part, Bytes: need, Where: c.where(d)})
	if err != nil {
		return err
	}
	defer release()
	if err := fill(part); err != nil {
		_ = os.Remove(part)
		return err
	}
	if err := fileio.Sync(part); err != nil {
		return err
	}
	if err := os.Rename(part, path); err != nil {
		return err
	}
	if err := fileio.Sync(filepath.Dir(path)); err != nil {
		return err
	}
	status.Status, status.Ready, status.Progress = "offline", true, 100
	status.UsedBytes, _ = block.Used(path)
	c.report(ctx, d.Key, status)
	return nil
}

// convert makes the disk from its medium, after a look at the medium's headers.
func (c *Controller) convert(ctx context.Context, d *Drive, path string, status Status) error {
	select {
	case c.works.heavy <- struct{}{}:
		defer func() { <-c.works.heavy }()
	case <-ctx.Done():
		return ctx.Err()
	}
	source := block.MediaPath(c.dataDir, model.StorageName(d.Source.Key, d.Source.StorageID))
	img, err := block.Inspect(source)
	if err != nil {
		return err
	}
	if img.VirtualSize > 0 && d.Size > 0 && d.Size < img.VirtualSize {
		return errs.New(errs.Invalid, "disk_too_small", "a disk of %d bytes can't hold the %d of its file", d.Size, img.VirtualSize).On("disksize")
	}
	need, err := block.Used(source)
	if err != nil {
		return err
	}
	return c.makeFile(ctx, d, path, status, need, func(part string) error {
		if err := block.Convert(ctx, source, img.Format, part, c.progress(ctx, d.Key, status)); err != nil {
			return err
		}
		if d.Size > img.VirtualSize {
			return block.Resize(ctx, part, block.Qcow2, d.Size)
		}
		return nil
	})
}

// progress returns a listener that reports every whole tenth.
func (c *Controller) progress(ctx context.Context, drive int64, status Status) func(float64) {
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
		if err := os.Remove(seen.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err := fileio.Sync(filepath.Dir(seen.path)); err != nil && !errors.Is(err, fs.ErrNotExist) { // gone with another drive, the last one
			return err
		}
		_ = os.Remove(filepath.Dir(seen.path)) // succeeds with the machine's last drive
	}
	_ = os.Remove(filepath.Dir(seen.want)) // a drive deleted while it was made has left a folder only
	return c.rows.Purge(ctx, []int64{d.Key})
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

func (c *Controller) report(ctx context.Context, drive int64, status Status) {
	if err := c.rows.Report(ctx, []Fact{{Drive: drive, Status: status}}); err != nil && ctx.Err() == nil {
		c.log.Error("a drive's status could not be written", "drive", drive, "err", err)
	}
}

func (c *Controller) where(d *Drive) string {
	if d.Tier == "" {
		return "tier " + block.DefaultTier
	}
	return "tier " + d.Tier
}
