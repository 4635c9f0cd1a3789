package compute

// VMExport are the params of the operation vm_export: a VM, or one of its disks, becomes a media file. It is about the VM, in whose queue it stands.
type VMExport struct {
	File   int64  `json:"file"`         // the row of files that it becomes, which goes when this is undone
	Format string `json:"format"`       // OVA, or one of DiskFormats
	VM     int64  `json:"vm,omitempty"` // whose hardware is described; 0 for a disk alone
	// Snapshot was taken for this, of a VM that runs; it goes at the end. 0 for none.
	Snapshot int64          `json:"snapshot,omitempty"`
	Disks    []ExportedDisk `json:"disks"`
	// What the first step finds out.
	Draft string `json:"draft,omitempty"` // path of the file that becomes the media file's bytes
}

// Operation names the kind.
func (VMExport) Operation() string { return "vm_export" }

// ExportedDisk is a disk, and the row that has its content: itself, or its state at the snapshot.
type ExportedDisk struct {
	Of        int64  `json:"of"`
	Name      string `json:"name"`
	Interface string `json:"interface"`
	Size      int64  `json:"size,omitempty"`  // bytes that a guest sees
	Draft     string `json:"draft,omitempty"` // path of the disk on its way into an archive
}

// OVA is the format that whole VMs are exported in.
const OVA = "ova"

// DiskFormats are what disks are exported as.
var DiskFormats = []string{"qcow2", "raw", "vmdk", "vhd", "vhdx", "vdi"}
