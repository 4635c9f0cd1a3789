package storage

import (
	"archive/tar"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"dewpoint/internal/errs"
	"dewpoint/internal/fileio"
	"dewpoint/internal/host/ovf"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/model/network"
	"dewpoint/internal/operation"
	"dewpoint/internal/schema"
	"dewpoint/internal/space"
	"dewpoint/internal/store"
)

func diskName(i int) string { return fmt.Sprintf("disk%d.vmdk", i) }

// pack makes an archive of the description, its manifest and the disks, as an OVA has them.
func (c *Config) pack(ctx context.Context, r *exportRun) (operation.Commit, error) {
	if r.Params.Format != compute.OVA {
		return nil, nil
	}
	vm, err := c.described(ctx, r)
	if err != nil {
		return nil, err
	}
	var need int64
	manifest := ""
	for i, disk := range r.Params.Disks {
		sum, length, err := sumOf(ctx, disk.Draft)
		if err != nil {
			return nil, err
		}
		vm.Disks[i].Length = length
		need += length
		manifest += fmt.Sprintf("SHA256(%s)= %s\n", diskName(i), sum)
		r.Tell(float64(i+1)*30/float64(len(r.Params.Disks)), "")
	}
	text, err := ovf.Write(vm)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(text)
	manifest = fmt.Sprintf("SHA256(vm.ovf)= %s\n", hex.EncodeToString(sum[:])) + manifest
	return nil, c.exportDraft(ctx, r.Params.Draft, need, func() error { return c.archive(ctx, r, text, []byte(manifest)) })
}

// archive writes the tar.
func (c *Config) archive(ctx context.Context, r *exportRun, text, manifest []byte) (err error) {
	f, err := os.OpenFile(r.Params.Draft, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := tar.NewWriter(f)
	for _, member := range []struct {
		name string
		text []byte
	}{{"vm.ovf", text}, {"vm.mf", manifest}} {
		if err := w.WriteHeader(header(member.name, int64(len(member.text)))); err != nil {
			return fullOr(err)
		}
		if _, err := w.Write(member.text); err != nil {
			return fullOr(err)
		}
	}
	for i, disk := range r.Params.Disks {
		if err := packDisk(ctx, w, diskName(i), disk.Draft); err != nil {
			return fullOr(err)
		}
		r.Tell(30+float64(i+1)*70/float64(len(r.Params.Disks)), "")
	}
	return fullOr(w.Close())
}

func header(name string, size int64) *tar.Header {
	return &tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o644}
}

func packDisk(ctx context.Context, w *tar.Writer, name, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err := w.WriteHeader(header(name, info.Size())); err != nil {
		return err
	}
	_, err = io.Copy(w, fileio.Reader(ctx, f))
	return err
}

// fullOr names a full disk.
func fullOr(err error) error {
	if space.Lacks(err) {
		return errs.Wrap(err, errs.Full, "disk_full", "the disk that holds the media is full; delete files or add space, then export again")
	}
	return err
}

func sumOf(ctx context.Context, path string) (sum string, length int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	h := sha256.New()
	length, err = io.Copy(h, fileio.Reader(ctx, f))
	return hex.EncodeToString(h.Sum(nil)), length, err
}

// described reads the VM's rows.
func (c *Config) described(ctx context.Context, r *exportRun) (vm ovf.Exported, err error) {
	err = r.View(ctx, func(tx *store.Tx) error {
		row, err := store.GetRow[compute.VM](tx, r.Params.VM)
		if err != nil {
			return err
		}
		vm = ovf.Exported{
			Name: row.Name, Description: row.Description, OS: cmp.Or(row.OSDescription, row.OSFamily), Cores: row.CPUCores, MemoryMiB: row.RAM,
			UEFI: row.UEFI, SecureBoot: row.SecureBoot,
		}
		drives, err := store.FindRows[compute.MachineDrive](tx, store.Is(compute.MachineDriveCol.Machine, row.Machine), store.Is(compute.MachineDriveCol.Media, mediaCDROM))
		if err != nil {
			return err
		}
		vm.CDs = len(drives)
		vm.NICs, err = cardsOf(tx, row.Machine)
		return err
	})
	for i, disk := range r.Params.Disks {
		vm.Disks = append(vm.Disks, ovf.Written{File: diskName(i), Size: disk.Size, Attached: controllerOf(disk.Interface)})
	}
	return vm, err
}

func cardsOf(tx *store.Tx, machine int64) (nics []ovf.NIC, err error) {
	rows, err := store.FindRows[compute.MachineNIC](tx, store.Is(compute.MachineNICCol.Machine, machine))
	if err != nil {
		return nil, err
	}
	slices.SortFunc(rows, func(a, b compute.MachineNIC) int { return cmp.Compare(a.Orderid, b.Orderid) })
	for _, row := range rows {
		nic := ovf.NIC{Model: row.Interface, MAC: row.Macaddress}
		if row.Vnet != 0 {
			vnet, err := store.GetRow[network.Vnet](tx, schema.IntValue(row.Vnet))
			if err != nil {
				return nil, err
			}
			nic.Network = vnet.Name
		}
		nics = append(nics, nic)
	}
	return nics, nil
}

// controllerOf is what other programs have that comes nearest to an interface.
func controllerOf(name string) string {
	switch name {
	case "ide":
		return "ide"
	case "ahci", "usb", "nvme":
		return "sata"
	case "lsi53c895a":
		return "scsi"
	case "mptsas1068", "megasas":
		return "sas"
	}
	return "virtio"
}
