package compute

import (
	"context"
	"path"
	"regexp"
	"strings"

	"dewpoint/internal/api/resource/shape"
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/perm"
	"dewpoint/internal/query"
	"dewpoint/internal/schema"
)

var (
	tierText  = regexp.MustCompile(`^(?:tier)?([1-5])$`)
	drivePath = regexp.MustCompile(`^[0-9a-fA-F-]{36}/[0-9]+\.qcow2$`)
)

// tierOf returns the storage tier that a pool's name means; "" leaves the choice to the system.
func tierOf(pool string) (string, error) {
	if pool == "" || pool == "default" {
		return "", nil
	}
	m := tierText.FindStringSubmatch(pool)
	if m == nil {
		return "", errs.New(errs.Invalid, "storage_pool_not_found", "there is no storage pool %q; use default, or tier1 to tier5", pool).On("storage_pool")
	}
	return m[1], nil
}

// poolName is what the pool of a tier is called; that of the first one is where disks go that ask for none.
func poolName(tier string) string {
	if tier == "1" {
		return "default"
	}
	return "tier" + tier
}

// interfaceOf returns the drive interface for a bus.
func interfaceOf(bus string, cdrom, ide bool) (string, error) {
	switch {
	case bus == "ide" && ide:
		return "ide", nil
	case bus == "sata", bus == "ide", cdrom && (bus == "" || bus == "virtio"):
		return "ahci", nil // q35 has no IDE, and there are no virtio CD-ROMs
	case bus == "scsi":
		return "virtio-scsi", nil
	case bus == "", bus == "virtio":
		return "virtio", nil
	case bus == "usb", bus == "nvme":
		return bus, nil
	}
	return "", errs.New(errs.Invalid, "invalid_bus", "bus %q is not known; use virtio, scsi, sata, ide, usb or nvme", bus).On("bus")
}

// kind says what is to be done for a disk, guessing when the client didn't say.
func (d *diskInput) kind() string {
	switch {
	case d.Action != "":
		return d.Action
	case d.from() != "":
		return "clone"
	case d.Path != "" || d.Device == "cdrom":
		return "attach"
	}
	return "create"
}

func (d *diskInput) from() string {
	if d.CloneFrom != "" {
		return d.CloneFrom
	}
	return d.Source
}

func (d *diskInput) isCDROM() bool {
	return d.Device == "cdrom" || d.kind() == "attach" && strings.EqualFold(path.Ext(d.Path), ".iso")
}

// driveInput turns a wanted disk into a row of machine_drives, but for its machine and number. Counts has how many drives come before it, by the
// prefixes of their targets.
func (s *service) driveInput(ctx context.Context, d diskInput, ide bool, counts map[string]int) (schema.Input, error) {
	if err := d.refuse(); err != nil {
		return nil, err
	}
	tier, err := tierOf(d.StoragePool)
	if err != nil {
		return nil, err
	}
	if d.Format != "" && d.Format != "qcow2" && d.kind() == "create" {
		return nil, errs.New(errs.NotBuilt, "format_not_built", "disks are stored as qcow2; other formats aren't supported").On("format")
	}
	row := schema.Input{}
	if tier != "" {
		row["preferred_tier"] = engine.Text(tier)
	}
	if d.Size > 0 {
		row["disksize"] = engine.Number(d.Size << 30)
	}
	cdrom := d.isCDROM()
	switch kind := d.kind(); {
	case kind == "create" && !cdrom:
		row["media"] = engine.Text("disk")
	case kind == "attach" || kind == "create":
		cdrom, err = s.attach(ctx, d, row)
	case kind == "clone":
		err = s.clone(ctx, d, row)
	default:
		err = errs.New(errs.Invalid, "invalid_action", "disk action %q is not known; use create, attach or clone", kind).On("action")
	}
	if err != nil {
		return nil, err
	}
	row["readonly"] = engine.Flag(d.Readonly != nil && *d.Readonly || cdrom)
	iface, err := interfaceOf(d.Bus, cdrom, ide)
	if err != nil {
		return nil, err
	}
	row["interface"] = engine.Text(iface)
	return row, d.named(busOf(iface), counts)
}

// attach makes a CD-ROM drive with an ISO in it, or a disk that begins as a copy of another file of the library.
func (s *service) attach(ctx context.Context, d diskInput, row schema.Input) (cdrom bool, err error) {
	if d.isCDROM() && d.Path == "" {
		row["media"] = engine.Text("cdrom")
		return true, nil
	}
	file, err := s.file(ctx, d.Path)
	if err != nil {
		return false, err
	}
	cdrom = d.isCDROM() || file.Type == "iso"
	row["media"], row["media_source"] = engine.Text("import"), engine.Number(file.Key)
	if cdrom {
		row["media"] = engine.Text("cdrom")
		delete(row, "disksize")
	}
	return cdrom, nil
}

func (s *service) clone(ctx context.Context, d diskInput, row schema.Input) error {
	if drivePath.MatchString(d.from()) {
		return errs.New(errs.NotBuilt, "clone_not_built", "cloning another VM's disk isn't supported yet; clone a file of the library instead").On("clone_from")
	}
	file, err := s.file(ctx, d.from())
	row["media"], row["media_source"] = engine.Text("clone"), engine.Number(file.Key)
	return err
}

// mediaFile is a file of the library.
type mediaFile struct {
	Key  int64  `json:"$key"`
	Name string `json:"name"`
	Type string `json:"type"`
}

// file finds a file by a path that we gave (its first part is the UUID), by its UUID, or by its name; of several with the name it
// is the newest.
func (s *service) file(ctx context.Context, ref string) (mediaFile, error) {
	equals := map[string]string{"name": path.Base(ref)}
	for part := range strings.SplitSeq(ref, "/") {
		if shape.UUID.MatchString(part) {
			equals = map[string]string{"uuid": strings.ToLower(part)}
		}
	}
	file, err := engine.One[mediaFile](ctx, s.Engine, "files", query.Request{Fields: "$key,name,type", Sort: "-$key", Equals: equals}, perm.Read)
	if errs.Is(err, errs.NotFound) || errs.Is(err, errs.Denied) { // what can't be read can't be referred to
		err = errs.New(errs.Invalid, "iso_not_found", "there is no file %q in the library; upload it first", ref).On("path")
	}
	return file, err
}
