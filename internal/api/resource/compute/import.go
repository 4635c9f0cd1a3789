package compute

import (
	"context"
	"net/http"

	"dewpoint/internal/api/resource/frame"
	"dewpoint/internal/api/resource/shape"
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/perm"
	"dewpoint/internal/query"
	"dewpoint/internal/schema"
)

type importVMInput struct {
	Body struct {
		Name    string `json:"name" required:"true" maxLength:"128" doc:"of the virtual machine"`
		File    string `json:"file" required:"true" doc:"id or name of an uploaded OVA, or of an OVF whose disks are uploaded under the names that it gives them"`
		DryRun  bool   `json:"dry_run" doc:"only say in log what would be done"`
		NewMACs bool   `json:"new_macs" doc:"false: cards keep the addresses that the file gives them, where no other card has them"`
		Pool    string `json:"storage_pool" doc:"where the disks lie"`
		Bus     string `json:"bus" doc:"of all disks, whatever the file says: virtio-scsi, virtio, ide, ahci, usb, lsi53c895a, megasas or mptsas1068"`
		Model   string `json:"model" doc:"of all cards, whatever the file says: virtio, e1000, e1000e, rtl8139, pcnet, igb or vmxnet3"`
	}
}

// vmImported is an import as it begins.
type vmImported struct {
	ID     string       `json:"id" doc:"key of the import in the table API's vm_imports"`
	UUID   string       `json:"uuid,omitempty" doc:"of the virtual machine; missing with dry_run"`
	Status string       `json:"status"`
	Log    []importLine `json:"log"`
	Jobs   []string     `json:"jobs,omitempty" doc:"the job that brings the disks"`
}

type importLine struct {
	Level string `json:"level" enum:"audit,message,warning,error,critical,summary,debug"`
	Text  string `json:"text"`
}

func addImport(s *service, f Family) {
	o := f.operation("import-vm", http.MethodPost, "/import", "Make a virtual machine from an OVA or OVF")
	o.Status = http.StatusCreated
	o.Codes.Invalid = "INVALID_REQUEST"
	o.Codes.Fields = map[string]string{"name": "INVALID_VM_NAME"}
	o.Doc = "The reply says what is done and what isn't as it was. The machine is off, and can be started once the job is complete. If that fails or is cancelled, nothing is left."
	o.Example = `{"name":"imported","file":"web.ova"}`
	frame.Add(s.Server, o, s.importVM)
}

func (s *service) importVM(ctx context.Context, in *importVMInput) (out vmImported, err error) {
	b := &in.Body
	for _, table := range []string{"vm_imports", "vms"} {
		if err := s.Engine.MayCreate(ctx, table); err != nil {
			return out, err
		}
	}
	file, err := s.file(ctx, b.File)
	if err != nil {
		return out, err
	}
	tier, err := tierOf(b.Pool)
	if err != nil {
		return out, err
	}
	row := schema.Input{
		"name": engine.Text(b.Name), "file": engine.Number(file.Key), "dry_run": engine.Flag(b.DryRun), "preserve_macs": engine.Flag(!b.NewMACs),
		"override_drive_interface": engine.Text(b.Bus), "override_nic_interface": engine.Text(b.Model),
	}
	if tier != "" {
		row["preferred_tier"] = engine.Text(tier)
	}
	var key string
	err = s.Engine.Do(ctx, func(w *engine.Write) error {
		made, err := w.Create("vm_imports", row)
		if err == nil {
			key = made.Key.Text()
		}
		out.Jobs = shape.Jobs(w)
		return err
	})
	if err != nil {
		return out, err
	}
	made, err := engine.Made[struct {
		UUID   string       `json:"uuid"`
		Status string       `json:"status"`
		Logs   []importLine `json:"logs"`
	}](ctx, s.Engine, "vm_imports", query.Request{Fields: "uuid,status,logs[level,text]", Key: key})
	out.ID, out.UUID, out.Status, out.Log = key, made.UUID, made.Status, made.Logs
	return out, err
}

type exportVMInput struct {
	ID   string `path:"id"`
	Body struct {
		Format string `json:"format" enum:"ova,qcow2,raw,vmdk,vhd,vhdx,vdi" default:"ova" doc:"ova: the whole machine; the others: one disk"`
		Disk   int    `json:"disk" doc:"which disk, counted from 0 without CD-ROM drives" minimum:"0"`
		Name   string `json:"name" maxLength:"255" doc:"of the file; made of the machine's if left out"`
	}
}

// vmExported is an export as it begins.
type vmExported struct {
	File     string   `json:"file" doc:"id of the media file"`
	Name     string   `json:"name"`
	Download string   `json:"download" doc:"path of its bytes, once the job is complete"`
	Jobs     []string `json:"jobs"`
}

func addExport(s *service, f Family) {
	o := f.operation("export-vm", http.MethodPost, "/{id}/export", "Make a media file of a virtual machine, or of one of its disks")
	o.Status = http.StatusAccepted
	o.Codes.Invalid = "INVALID_REQUEST"
	o.Doc = "A machine that runs is exported as it is at that moment. If the job fails or is cancelled, the file is removed."
	o.Example = `{"format":"ova"}`
	frame.Add(s.Server, o, s.exportVM)
}

func (s *service) exportVM(ctx context.Context, in *exportVMInput) (out vmExported, err error) {
	v, err := s.vm(ctx, in.ID, perm.Modify, perm.Read)
	if err != nil {
		return out, err
	}
	table, key, params := "vms", v.Key, schema.Input{}
	if in.Body.Format != "ova" {
		disk, err := v.diskAt(in.Body.Disk)
		if err != nil {
			return out, err
		}
		table, key, params["format"] = "machine_drives", disk.Key, engine.Text(in.Body.Format)
	}
	if in.Body.Name != "" {
		params["name"] = engine.Text(in.Body.Name)
	}
	var file string
	err = s.Engine.Do(ctx, func(w *engine.Write) error {
		err := w.Act(table, shape.Key(key), "export", params)
		file, out.Jobs = w.Response["filekey"], shape.Jobs(w)
		return err
	})
	if err != nil {
		return out, err
	}
	made, err := engine.Made[fileRef](ctx, s.Engine, "files", query.Request{Fields: "$key,name,uuid,filesize", Key: file})
	out.File, out.Name, out.Download = made.UUID, made.Name, "/api/v4/files/"+file+"?download=1"
	return out, err
}

// diskAt returns a disk by its place among the machine's.
func (v *vmRow) diskAt(place int) (driveRow, error) {
	for _, d := range v.Machine.Drives {
		if d.Media == "cdrom" {
			continue
		}
		if place == 0 {
			return d, nil
		}
		place--
	}
	return driveRow{}, errs.New(errs.Invalid, "disk_not_found", "VM %q has no such disk", v.Name).On("disk")
}
