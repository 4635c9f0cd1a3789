package compute

// VMRelease are the params of the operation vm_release: a VM becomes a domain of libvirt's that nothing of ours knows, with copies of its disks, and its rows go.
type VMRelease struct {
	VM      int64  `json:"vm"`
	Machine int64  `json:"machine"`
	Name    string `json:"name"`              // of the domain
	Network string `json:"network,omitempty"` // of libvirt's, that its cards are plugged into; "" where Bridge is given
	Bridge  string `json:"bridge,omitempty"`  // of the host's
	// What the first step finds out.
	UUID  string         `json:"uuid,omitempty"` // of both
	Dir   string         `json:"dir,omitempty"`  // the folder that all its files go to
	Disks []ReleasedDisk `json:"disks,omitempty"`
}

// Operation names the kind.
func (VMRelease) Operation() string { return "vm_release" }

// ReleasedDisk is a disk and the file that it becomes.
type ReleasedDisk struct {
	Drive int64    `json:"drive"`
	Chain []string `json:"chain"` // the files that it is made of, its own first
	Size  int64    `json:"size"`  // bytes that a guest sees
	Used  int64    `json:"used"`  // bytes of the files
	To    string   `json:"to"`
}
