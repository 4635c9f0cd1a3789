package vm

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"dewpoint/internal/errs"
	"dewpoint/internal/fileio"
	"dewpoint/internal/host/access"
	"dewpoint/internal/host/block"
	"dewpoint/internal/host/libvirt"
	"dewpoint/internal/layer"
	"dewpoint/internal/mark"
	"dewpoint/internal/model/column"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/operation"
	"dewpoint/internal/space"
	"dewpoint/internal/store"
)

// WorkHost is what the operations ask of libvirt beside what the controller does.
type WorkHost interface {
	Host
	Switch(ctx context.Context, ref libvirt.Ref, s libvirt.Switch) (pause time.Duration, err error)
	Merge(ctx context.Context, ref libvirt.Ref, top, base string, tell func(percent float64)) error
	Restore(ctx context.Context, memory string, disks map[string]libvirt.Place, paused bool) error
	Stacks(ctx context.Context, ref libvirt.Ref) ([][]string, error)
	HasAgent(ctx context.Context, ref libvirt.Ref) (bool, error)
	// Drop removes a definition, and leaves what belongs to it.
	Drop(ctx context.Context, ref libvirt.Ref) error
	HasNetwork(ctx context.Context, name string) (bool, error)
}

// Works are the operations of this area.
type Works struct {
	Instance string
	DataDir  string
	DB       *store.DB
	Host     WorkHost
	Space    *space.Account
	Rows     *StoreRows
	// Patience is how long is waited for a guest, or a disk, before a device is plugged or unplugged in vain; 0 for a minute.
	Patience time.Duration
	// ReleaseDir is the folder that gets the files of VMs that are given to libvirt. Node says what domains are made for.
	ReleaseDir string
	Node       func() (Config, error)
}

// Operations are the kinds of this area.
func Operations(w *Works) []operation.Kind {
	return []operation.Kind{w.snapshot(), w.revert(), w.merge(), w.hotplug(), w.unplug(), w.erase(), w.releaseVM()}
}

// domain finds a machine's domain; its state is Off when there is none.
func (w *Works) domain(ctx context.Context, machine int64) (libvirt.Info, error) {
	name := mark.Instance(w.Instance).Domain(machine)
	found, err := w.Host.List(ctx, name)
	for _, d := range found {
		if d.Name == name {
			return d, nil
		}
	}
	return libvirt.Info{State: libvirt.Off}, err
}

// files are the paths that a domain's disks write to, as its definition in use has them; none without a domain.
func (w *Works) files(ctx context.Context, d libvirt.Info) (map[string]bool, error) {
	found := map[string]bool{}
	if d.Ref == (libvirt.Ref{}) {
		return found, nil
	}
	holds, err := w.Host.Holds(ctx, d.Ref)
	for _, f := range holds.Files {
		found[f] = true
	}
	return found, err
}

// headPath finds the file that a drive writes to. It lies where its row says, but for one whose row was changed while a guest ran.
func (w *Works) headPath(machine compute.Machine, d compute.MachineDrive) (string, error) {
	path := block.DrivePath(w.DataDir, d.PreferredTier, machine.UUID, layer.Head(d))
	if _, err := os.Lstat(path); err == nil {
		return path, nil
	}
	others, err := filepath.Glob(filepath.Join(w.DataDir, "pools", "*", "*", layer.Head(d)+block.DiskEnding))
	if err == nil && len(others) != 1 {
		err = errs.New(errs.Conflict, "disk_missing", "the disk of drive %q isn't there; its status says why", d.Name)
	}
	if err != nil {
		return "", err
	}
	return others[0], nil
}

// placeOf takes the path of a disk apart.
func placeOf(path string) (tier, folder string) {
	dir := filepath.Dir(path)
	return filepath.Base(filepath.Dir(dir)), filepath.Base(dir)
}

// nextTo is the path of a later generation of a drive, in the folder that a file lies in.
func nextTo(path string, d compute.MachineDrive, generation int64) string {
	return filepath.Join(filepath.Dir(path), column.HeadName(d.Key, d.StorageID, generation)+block.DiskEnding)
}

// paths are those of layers.
func (w *Works) paths(list []compute.DriveLayer) (paths []string) {
	for _, l := range list {
		paths = append(paths, block.DrivePath(w.DataDir, l.Tier, l.Folder, l.File))
	}
	return paths
}

// makeOver makes a disk of nothing over a layer, anew if there is one of an earlier try. Nothing may use it.
func (w *Works) makeOver(ctx context.Context, path, base string, size int64) error {
	const tables = 1 << 20
	if err := fileio.Remove(path); err != nil {
		return err
	}
	release, err := w.Space.Hold(ctx, space.Claim{ID: path, Path: path, Bytes: tables, Where: "the disk's tier"})
	if err != nil {
		return err
	}
	defer release()
	if err := block.CreateOver(path, base, size); err != nil {
		return errors.Join(err, fileio.Remove(path))
	}
	if err := fileio.Sync(path); err != nil {
		return err
	}
	return fileio.Sync(filepath.Dir(path))
}

// letIn lets QEMU pass the folders on the way to files.
func (w *Works) letIn(ctx context.Context, paths ...string) error {
	info, err := w.Host.HostInfo(ctx)
	if err != nil {
		return err
	}
	for _, path := range paths {
		if err := access.Pass(w.DataDir, path, max(info.RunGID, 0)); err != nil {
			return err
		}
	}
	return nil
}

// folder is a machine's own.
func (w *Works) folder(m compute.Machine) string {
	return filepath.Join(w.DataDir, "machines", column.StorageName(m.Key, m.StorageID))
}

func isDisk(media string) bool { return !strings.HasPrefix(media, "cdrom") }
