package compute

// ApplianceImport are the params of the operation vm_import: a VM, whose rows are there, gets its disks from a file. It is about that VM, which goes when this
// is undone.
type ApplianceImport struct {
	Import  string         `json:"import"` // key of the row of vm_imports
	VM      int64          `json:"vm"`
	Digests []ImportDigest `json:"digests,omitempty"`
	Disks   []ImportedDisk `json:"disks"`
}

// Operation names the kind.
func (ApplianceImport) Operation() string { return "vm_import" }

// ImportPart is a stretch of a media file.
type ImportPart struct {
	File   int64  `json:"file"`
	ID     string `json:"id,omitempty"`     // in the name of the file's bytes
	Offset int64  `json:"offset,omitempty"` // of the first byte
	Length int64  `json:"length,omitempty"` // 0: up to the end
}

// ImportDigest is what the bytes of a file of an appliance must add up to.
type ImportDigest struct {
	ImportPart
	Name      string `json:"name"`
	Algorithm string `json:"algorithm"`
	Sum       string `json:"sum"`
}

// ImportedDisk is a drive and what its disk is made from.
type ImportedDisk struct {
	ImportPart
	Drive  int64  `json:"drive"`
	Name   string `json:"name"`             // of the file, for people
	Format string `json:"format,omitempty"` // "" for a disk that holds nothing
	Size   int64  `json:"size,omitempty"`   // wished for; 0 means as big as the image
	Needs  int64  `json:"needs,omitempty"`  // bytes on the host
	Place  string `json:"place,omitempty"`  // where the disk will lie
}

// Appliance is what a media file says of a whole VM.
type Appliance struct {
	Name, Description, OS string
	Cores, MemoryMiB      int64 // 0: it doesn't say
	UEFI, SecureBoot      bool
	Drives                []ApplianceDrive
	NICs                  []ApplianceNIC
	Digests               []ImportDigest
	Notes                 []string // what of it isn't taken over, in whole sentences
}

// ApplianceDrive is a disk, or a CD-ROM drive, whose medium must be a file of its own.
type ApplianceDrive struct {
	Disk       ImportedDisk // without a Drive
	CD         bool
	Bus, Model string // as package ovf has a Controller
}

// ApplianceNIC is a card.
type ApplianceNIC struct {
	Model, Network, MAC string
}

// ByImport stands in machine_drives.clone_of while an import is to bring the drive's content.
const ByImport = -1
