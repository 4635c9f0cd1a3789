package compute

import (
	"cmp"
	"fmt"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/model/storage"
	"dewpoint/internal/operation"
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// Appliances reads what whole VMs are imported from.
type Appliances interface {
	// Read reads the description in a media file, and the headers of the disks that it names. Beside finds another media file by its name. It is Invalid on
	// "file" when no VM can be made of it.
	Read(file storage.File, beside func(name string) (storage.File, error)) (compute.Appliance, error)
	// Room is Full when need bytes of the import with that key don't fit into a tier; until release, which comes after the transaction's end, they are kept.
	Room(tx *store.Tx, key, tier string, need int64) (release func(), err error)
}

func importHooks(appliances Appliances) engine.Hooks {
	begin := func(w *engine.Inside, r *schema.Record) error { return beginImport(w, r, appliances) }
	return engine.Hooks{
		Created: begin,
		Remove: func(w *engine.Inside, r *schema.Record) error {
			return stopImport(w, store.RowOf[compute.VMImport](r))
		},
		Actions: map[string]engine.Action{
			"import": func(w *engine.Inside, r *schema.Record, _ schema.Set) error { return importAgain(w, r, begin) },
			"abort": func(w *engine.Inside, r *schema.Record, _ schema.Set) error {
				return stopImport(w, store.RowOf[compute.VMImport](r))
			},
		},
	}
}

// importAgain begins an import anew that isn't under way and has made no VM.
func importAgain(w *engine.Inside, r *schema.Record, begin func(*engine.Inside, *schema.Record) error) error {
	row := store.RowOf[compute.VMImport](r)
	switch {
	case row.Importing:
		return nil
	case row.VM != 0:
		return errs.New(errs.Conflict, "imported", "the import has made its VM; create another import to have another VM")
	}
	set := compute.VMImportSet{}.DryRun(false).Aborted(false)
	if err := store.Write(w.Tx, r.Key, set); err != nil {
		return err
	}
	return begin(w, r.With(schema.Set(set)))
}

// stopImport stops the operation of an import, whose undo removes what was made.
func stopImport(w *engine.Inside, row compute.VMImport) error {
	if !row.Importing {
		return nil
	}
	return ignoreEnded(operation.Cancel(w.Tx, row.Operation))
}

// beginImport makes the rows of the VM that the file describes, and begins the operation that brings its disks; of a dry run it makes the lines alone.
func beginImport(w *engine.Inside, r *schema.Record, appliances Appliances) error {
	in := importing{w: w, row: store.RowOf[compute.VMImport](r), key: r.Key}
	if appliances == nil {
		return errs.New(errs.Unavailable, "no_media", "the files of this database are another server's; import there")
	}
	if err := perm.MayCreate(w.Actor, w.Tx.Schema().Table("vms")); err != nil {
		return err
	}
	file, err := store.GetRow[storage.File](w.Tx, in.row.File)
	if err != nil {
		return err
	}
	if !file.Complete {
		return errs.New(errs.Conflict, "file_incomplete", "file %q isn't completely uploaded; send the rest, then import it", file.Name).On("file")
	}
	if in.from, err = appliances.Read(file, in.beside); err != nil {
		return err
	}
	return in.begin(appliances)
}

// importing is an import that is about to begin.
type importing struct {
	w     *engine.Inside
	row   compute.VMImport
	key   schema.Value
	from  compute.Appliance
	noted int // warnings
}

// beside finds a complete file by its name that the actor may see.
func (in *importing) beside(name string) (storage.File, error) {
	rows, err := store.FindRows[storage.File](in.w.Tx, store.Is(storage.FileCol.Name, name), store.Is(storage.FileCol.Complete, true))
	if err != nil {
		return storage.File{}, err
	}
	for i := len(rows) - 1; i >= 0; i-- { // the last upload counts
		if in.w.See("files", schema.IntValue(rows[i].Key).Text()) == nil {
			return rows[i], nil
		}
	}
	return storage.File{}, errs.Field("file", "names %q, and there is no such file; upload it too", name)
}

// room keeps the room for the disks. A dry run only says that there isn't enough.
func (in *importing) room(appliances Appliances) error {
	var need int64
	for _, d := range in.from.Drives {
		need += d.Disk.Needs
	}
	release, err := appliances.Room(in.w.Tx, in.key.Text(), in.row.PreferredTier, need)
	switch {
	case err == nil:
		in.w.AtEnd(release)
	case in.row.DryRun && errs.Is(err, errs.Full):
		return in.tell("error", "%s", errs.Shown(err))
	}
	return err
}

func (in *importing) begin(appliances Appliances) error {
	vm, drives, nics, err := in.plan()
	if err != nil {
		return err
	}
	if err := in.room(appliances); err != nil {
		return err
	}
	set := compute.VMImportSet{}.Timestamp(in.w.Tx.Now().Unix())
	if in.row.DryRun {
		set.Status("complete").StatusInfo("a dry run: nothing was made").Importing(false)
		return store.Write(in.w.Tx, in.key, set)
	}
	op := compute.ApplianceImport{Import: in.key.Text(), Digests: in.from.Digests}
	vm[compute.VMCol.CreatedFrom.Name()] = engine.Text("import_ovf")
	made, err := in.w.Create("vms", vm)
	if err != nil {
		return err
	}
	row := store.RowOf[compute.VM](made)
	op.VM = row.Key
	if op.Disks, err = in.drives(row.Machine, drives); err != nil {
		return err
	}
	for _, nic := range nics {
		nic["machine"] = engine.Number(row.Machine)
		if _, err := in.w.Create("machine_nics", nic); err != nil {
			return err
		}
	}
	if err := in.w.Begin(made, op); err != nil {
		return err
	}
	set.VM(row.Key).UUID(row.UUID).Status("importing").Importing(true).StatusInfo(fmt.Sprintf("importing %d disks", len(op.Disks))).
		Operation(in.w.Operations[len(in.w.Operations)-1])
	return store.Write(in.w.Tx, in.key, set)
}

// drives makes the drives of the VM. Its disks wait for their content.
func (in *importing) drives(machine int64, rows []plannedDrive) (disks []compute.ImportedDisk, err error) {
	for _, d := range rows {
		d.row["machine"] = engine.Number(machine)
		inner := schema.Set{}
		if !d.cd {
			inner[compute.MachineDriveCol.CloneOf.Name()] = schema.IntValue(compute.ByImport)
		}
		made, err := in.w.CreateWith("machine_drives", d.row, inner)
		if err != nil {
			return nil, err
		}
		if d.cd {
			continue
		}
		d.disk.Drive = made.Key.Int()
		disks = append(disks, d.disk)
		if err := store.Write(in.w.Tx, made.Key, compute.MachineDriveStatusSet{}.Status("importing")); err != nil {
			return nil, err
		}
	}
	return disks, nil
}

// tell writes a line into the import's log.
func (in *importing) tell(level, format string, args ...any) error {
	if level == "warning" {
		in.noted++
	}
	line := compute.VMImportLogSet{}.VMImport(in.key.Text()).Level(level).Text(fmt.Sprintf(format, args...)).Timestamp(in.w.Tx.Now().UnixMicro())
	if in.w.Actor.User != 0 {
		line.User(in.w.Actor.User)
	}
	_, err := store.Insert(in.w.Tx, line)
	return err
}

// plannedDrive is what a client would send to make a drive, with what its disk is made from.
type plannedDrive struct {
	row  schema.Input
	cd   bool
	disk compute.ImportedDisk
}

// plan turns what the file says into rows, and tells of everything what becomes of it.
func (in *importing) plan() (vm schema.Input, drives []plannedDrive, nics []schema.Input, err error) {
	if vm, err = in.planVM(); err != nil {
		return nil, nil, nil, err
	}
	for i, d := range in.from.Drives {
		planned, taken, err := in.planDrive(i, d)
		if err != nil {
			return nil, nil, nil, err
		}
		if taken {
			drives = append(drives, planned)
		}
	}
	for i, n := range in.from.NICs {
		nic, err := in.planNIC(i, n)
		if err != nil {
			return nil, nil, nil, err
		}
		nics = append(nics, nic)
	}
	for _, note := range in.from.Notes {
		if err := in.tell("warning", "%s", note); err != nil {
			return nil, nil, nil, err
		}
	}
	return vm, drives, nics, nil
}

// planVM reads name, processors, memory and firmware.
func (in *importing) planVM() (schema.Input, error) {
	a, of := in.from, compute.VMCol
	family := osFamily(a.OS)
	cores, ram := cmp.Or(a.Cores, 1), max(cmp.Or(a.MemoryMiB, 1024), 256)
	vm := schema.Input{
		of.Name.Name(): engine.Text(in.row.Name), of.CPUCores.Name(): engine.Number(cores), of.RAM.Name(): engine.Number(ram),
		of.OSFamily.Name(): engine.Text(family), of.UEFI.Name(): engine.Flag(a.UEFI), of.SecureBoot.Name(): engine.Flag(a.UEFI && a.SecureBoot),
		of.OSDescription.Name(): engine.Text(cut(a.OS)), of.Description.Name(): engine.Text(cut(a.Description)),
	}
	firmware := "BIOS"
	if a.UEFI {
		firmware = "UEFI"
	}
	err := in.tell("message", "VM %q: %d CPU cores, %d MiB of memory, %s, %s.", in.row.Name, cores, ram, firmware, family)
	if err == nil && a.UEFI {
		err = in.tell("warning", "The firmware's variables are not in the file: a guest that doesn't have its loader at the default place must have it chosen once.")
	}
	if err == nil && a.MemoryMiB != 0 && a.MemoryMiB < ram {
		err = in.tell("warning", "The file gives it %d MiB of memory; it gets %d, the least there is.", a.MemoryMiB, ram)
	}
	return vm, err
}

// cut bounds a text of the file to what a column takes.
func cut(text string) string {
	const most = 2048
	runes := []rune(text)
	return string(runes[:min(len(runes), most)])
}
