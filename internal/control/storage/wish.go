// Package storage keeps the files that drives are as the rows of machine_drives wish it: it makes them empty or from media, lets them
// grow, and removes them once nothing uses them. A file appears under its name only when it is whole: it is made beside it with the
// ending .part and then renamed, so a crash leaves nothing that could be taken for a disk.
package storage

import (
	"context"

	"dewpoint/internal/model/compute"
)

// The kinds of machine_drives.media that are not made from a media file: an empty disk, and a CD-ROM drive, which reads the file itself.
const (
	mediaDisk  = "disk"
	mediaCDROM = "cdrom"
)

// Drive is a drive as its row wishes it, with what was last reported of it.
type Drive struct {
	Key         int64
	StorageID   string // with the key in the name of its file; "" for a drive that an older version made
	Deleted     bool   // a tombstone: remove the file, then purge the row
	Machine     int64
	MachineUUID string
	InUse       bool   // a guest runs with it, or is about to, or an operation works on its machine's disks
	Busy        bool   // such an operation is open
	Waits       bool   // an operation is to bring its content
	Orphan      bool   // it waits for an operation that was cancelled before it began
	Frozen      bool   // a state of a disk that others build upon: it has no file of its own
	Head        string // what its file is called, without an ending
	Base        string // path of the layer that its file builds upon, "" for none
	Tier        string // empty means the default
	Media       string
	Size        int64   // bytes wished for; 0 means as big as the source
	Source      *Source // nil for none
	Last        Status
	Import      *Import // the last one, of a drive that is made from its source and isn't ready; nil for none
}

// Import is an operation that makes, or was to make, a drive's disk.
type Import struct {
	Operation       int64
	Open, Cancelled bool
	Info            string               // why it failed
	Of              compute.ImportSource // what it was made from
}

// importSource is what the drive's disk is to be made from.
func (d *Drive) importSource() compute.ImportSource {
	return compute.ImportSource{File: d.Source.Key, ID: d.Source.StorageID, Modified: d.Source.Modified, Size: d.Size, Tier: d.Tier}
}

// Source is the media file that a drive reads or is made from.
type Source struct {
	Key       int64
	StorageID string
	Complete  bool  // all its bytes have arrived
	Modified  int64 // when they last changed, in Unix seconds
}

// Status is what this controller reports of a drive. It is comparable.
type Status struct {
	Status    string // offline, importing, initializing or error; "online" is the VM controller's word and left alone
	Info      string
	Ready     bool // the file is whole and may be given to a guest
	Progress  float64
	UsedBytes int64 // on the host
	Size      int64 // bytes that a guest sees, told when the row has none; else 0
}

// Fact is what is to be written of one drive.
type Fact struct {
	Drive int64
	Status
}

// Rows is the controller's side of the database.
type Rows interface {
	// Wish reads all drives of this node's VMs, tombstones included, and all layers, as of one moment.
	Wish(ctx context.Context) (Wish, error)
	// Known reads what sortOut needs to know of rows that Wish leaves out.
	Known(ctx context.Context) (Known, error)
	// Report writes the status of drives in one transaction. A status of "offline" doesn't replace "online".
	Report(ctx context.Context, facts []Fact) error
	// Ask begins the imports of drives. Cancel stops operations, if they haven't ended.
	Ask(ctx context.Context, drives []*Drive) error
	Cancel(ctx context.Context, operations []int64) error
	// Busy tells whether an operation is open that works on the disks of a drive's machine.
	Busy(ctx context.Context, drive int64) (bool, error)
	// Purge removes rows of drives whose files are gone. PurgeLayer does so for a layer, unless something has come to build upon it.
	Purge(ctx context.Context, keys []int64) error
	// DropClone deletes a VM that was to be a clone, if it is there, and the snapshot that was taken for it. DropOrphans deletes the VMs of machines.
	DropClone(ctx context.Context, p compute.VMClone) error
	DropOrphans(ctx context.Context, machines []int64) error
	// DropImport deletes a VM whose import the operation of that key was, and says in the import's row and log how it ended.
	DropImport(ctx context.Context, operation int64, p compute.ApplianceImport) error
	// DropExport deletes a file that a VM was to be exported into, if it is there, and the snapshot that was taken for it.
	DropExport(ctx context.Context, p compute.VMExport) error
	PurgeLayer(ctx context.Context, key int64) error
	// Merge begins the operation that makes one of a layer and what rests on it.
	Merge(ctx context.Context, l Layer) error
}
