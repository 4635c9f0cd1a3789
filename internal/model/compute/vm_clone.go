package compute

// VMClone are the params of the operation vm_clone: the disks of a new VM get what those of another have. It is about the other one, in whose queue it
// stands, since its disks are frozen.
type VMClone struct {
	VM int64 `json:"vm"` // the new one, which goes when this is undone
	// Snapshot was taken for this, of a VM that runs; it goes at the end. 0 for none.
	Snapshot int64       `json:"snapshot,omitempty"`
	Full     bool        `json:"full,omitempty"` // with disks of its own; else they build upon the other's
	Disks    []CloneDisk `json:"disks"`
	// Firmware is the machine whose variables of the firmware the new one gets; with TPM, also what its TPM keeps.
	Firmware int64 `json:"firmware,omitempty"`
	TPM      bool  `json:"tpm,omitempty"`
}

// Operation names the kind.
func (VMClone) Operation() string { return "vm_clone" }

// CloneDisk is a new disk and the one that it gets its content of.
type CloneDisk struct {
	Drive int64 `json:"drive"`
	Of    int64 `json:"of"`
	// What the first step finds out.
	Base       int64  `json:"base,omitempty"`       // the layer that has the content already
	Generation int64  `json:"generation,omitempty"` // of the file that the frozen drive goes on with; 0 where nothing has to be frozen
	Next       string `json:"next,omitempty"`       // that file
	Size       int64  `json:"size,omitempty"`       // bytes that a guest sees of the content
	Place      string `json:"place,omitempty"`      // of the new disk
	Used       int64  `json:"used,omitempty"`       // bytes that it takes on the host
}
