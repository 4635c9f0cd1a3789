package vnet

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/fsnotify/fsnotify"

	"dewpoint/internal/host/dnsmasq"
)

// Watch implements loop.Watcher: it wakes the loop whenever dnsmasq writes a lease. The loop's timer finds a lease too, only later.
func (c *Controller) Watch(ctx context.Context) error {
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return fmt.Errorf("making the networks' directory: %w", err)
	}
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watching leases: %w", err)
	}
	defer w.Close()
	if err := w.Add(c.Dir); err != nil {
		return fmt.Errorf("watching %s: %w", c.Dir, err)
	}
	dirs, err := dnsmasq.Dirs(c.Dir)
	if err != nil {
		return err
	}
	for _, dir := range dirs {
		c.watchDir(w, dir)
	}
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case event := <-w.Events:
			c.notice(w, event)
		case err := <-w.Errors: // an overflow: something was missed
			c.Log.Warn("watching DHCP leases failed", "err", err)
			c.Queue.Wake()
		}
	}
}

func (c *Controller) notice(w *fsnotify.Watcher, event fsnotify.Event) {
	switch {
	case filepath.Dir(event.Name) == c.Dir && event.Has(fsnotify.Create):
		c.watchDir(w, event.Name)
		c.Queue.Wake() // a lease may have been written before the watch was there
	case filepath.Base(event.Name) == dnsmasq.OwnFolder && event.Has(fsnotify.Create):
		c.watchOwn(w, filepath.Dir(event.Name))
		c.Queue.Wake()
	case filepath.Base(event.Name) == dnsmasq.LeasesFile && event.Has(fsnotify.Write):
		c.Queue.Wake()
	}
}

// watchDir adds a network's directory; the kernel drops the watch with the directory.
func (c *Controller) watchDir(w *fsnotify.Watcher, dir string) {
	if err := w.Add(dir); err != nil {
		c.Log.Warn("DHCP leases of a network are noticed late", "dir", dir, "err", err)
		return
	}
	c.watchOwn(w, dir)
}

// watchOwn adds dnsmasq's own folder in there; when it is not there yet, its making is seen.
func (c *Controller) watchOwn(w *fsnotify.Watcher, dir string) {
	if err := w.Add(filepath.Join(dir, dnsmasq.OwnFolder)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		c.Log.Warn("DHCP leases of a network are noticed late", "dir", dir, "err", err)
	}
}
