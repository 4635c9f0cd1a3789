package compute

import (
	"cmp"
	"path"
	"strings"

	"github.com/google/uuid"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/model/storage"
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// exportVM makes the row of a media file, and begins the operation that brings its bytes: the VM with all its disks.
func exportVM(w *engine.Inside, r *schema.Record, params schema.Set) error {
	drives, err := store.FindRows[compute.MachineDrive](w.Tx, store.Is(compute.MachineDriveCol.Machine, compute.VMCol.Machine.Of(r).Int()))
	if err != nil {
		return err
	}
	name := cmp.Or(params["name"].Text(), fileName(compute.VMCol.Name.Of(r).Text())+".ova")
	return export(w, r, compute.VMExport{VM: r.Key.Int(), Format: compute.OVA}, drives, name, params)
}

// exportDrive is exportVM of one disk alone.
func exportDrive(w *engine.Inside, r *schema.Record, params schema.Set) error {
	drive := store.RowOf[compute.MachineDrive](r)
	if drive.Media == "cdrom" {
		return errs.New(errs.Conflict, "no_disk", "drive %q is a CD-ROM drive; its medium is a file already", drive.Name)
	}
	vms, err := w.Tx.Find("vms", store.Is(compute.VMCol.Machine, drive.Machine))
	if err != nil {
		return err
	}
	if len(vms) == 0 {
		return errs.New(errs.Conflict, "not_of_vm", "drive %q isn't a VM's", drive.Name)
	}
	format := params["format"].Text()
	name := cmp.Or(params["name"].Text(), fileName(compute.VMCol.Name.Of(vms[0]).Text()+"-"+drive.Name)+"."+format)
	return export(w, vms[0], compute.VMExport{Format: format}, []compute.MachineDrive{drive}, name, params)
}

// fileName makes a file's name of anybody's text.
func fileName(text string) string {
	clean := strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`/\:`, r) {
			return '-'
		}
		return r
	}, text)
	return cmp.Or(strings.TrimLeft(path.Base(clean), ".-"), "vm")
}

func export(w *engine.Inside, vm *schema.Record, op compute.VMExport, drives []compute.MachineDrive, name string, params schema.Set) error {
	if err := perm.Check(w.Tx, w.Actor, perm.Read, vm); err != nil {
		return err // whoever has the file reads all that the VM holds
	}
	if !compute.VMCol.AllowExport.Of(vm).Bool() {
		return errs.New(errs.Conflict, "export_not_allowed", "VM %q may not be exported; set its allow_export first", compute.VMCol.Name.Of(vm).Text())
	}
	table := w.Tx.Schema().Table("files")
	if err := perm.MayCreate(w.Actor, table); err != nil {
		return err
	}
	snapshot, states, err := takeForClone(w, vm, params)
	if err != nil {
		return err
	}
	op.Snapshot = snapshot
	for _, d := range drives {
		if d.Media == "cdrom" {
			continue
		}
		record, err := w.Tx.Get("machine_drives", schema.IntValue(d.Key))
		if err != nil {
			return err
		}
		if err := whole(w, record); err != nil {
			return err
		}
		op.Disks = append(op.Disks, compute.ExportedDisk{Of: cmp.Or(states[d.Key], d.Key), Name: d.Name, Interface: d.Interface})
	}
	of := storage.FileCol
	made, err := w.CreateWith("files", schema.Input{
		of.Name.Name(): engine.Text(name), of.Description.Name(): engine.Text("exported from VM " + compute.VMCol.Name.Of(vm).Text()),
	}, schema.Set{of.UUID.Name(): schema.TextValue(uuid.NewString())}) // its bytes come from here, not from a client
	if err != nil {
		return err
	}
	op.File = made.Key.Int()
	clear(w.Response)
	w.Response["filekey"] = made.Key.Text()
	return w.Begin(vm, op)
}
