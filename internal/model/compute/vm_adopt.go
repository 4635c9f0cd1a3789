package compute

// VMAdopt are the params of the operation vm_adopt: a foreign domain becomes a VM, whose rows stand already. It copies the disks; the domain's own files stay as they are.
type VMAdopt struct {
	VM      int64       `json:"vm"` // which goes when this is undone
	Machine int64       `json:"machine"`
	Name    string      `json:"name"` // of the domain
	UUID    string      `json:"uuid"` // of both
	Digest  string      `json:"digest"`
	Disks   []AdoptDisk `json:"disks"`
	// Definition is what the domain is made from again when this is undone.
	Definition string `json:"definition,omitempty"`
}

// Operation names the kind.
func (VMAdopt) Operation() string { return "vm_adopt" }

// AdoptDisk is a new disk and the file that its content comes from.
type AdoptDisk struct {
	Drive  int64  `json:"drive"`
	From   string `json:"from"`
	Format string `json:"format"`
	// What the first step finds out.
	Size     int64  `json:"size,omitempty"`     // bytes that a guest sees
	Used     int64  `json:"used,omitempty"`     // bytes of the file
	Modified int64  `json:"modified,omitempty"` // when the file was last changed, in nanoseconds since 1970
	Place    string `json:"place,omitempty"`    // of the new disk
}
