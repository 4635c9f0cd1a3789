package compute

// VMSnapshot are the params of the operation vm_snapshot: the disks of a machine are frozen, and the snapshot's drives rest on what they were.
type VMSnapshot struct {
	Snapshot int64 `json:"snapshot"`
	// What the steps find out.
	Machine  int64        `json:"machine,omitempty"`
	Disks    []FrozenDisk `json:"disks,omitempty"`
	Memory   string       `json:"memory,omitempty"` // the file that has the guest's memory; "" for none
	Quiesced bool         `json:"quiesced,omitempty"`
	PauseMs  int64        `json:"pause_ms,omitempty"`
}

// Operation names the kind.
func (VMSnapshot) Operation() string { return "vm_snapshot" }

// FrozenDisk is a disk that becomes a layer.
type FrozenDisk struct {
	Drive      int64    `json:"drive"`
	State      int64    `json:"state"`      // the snapshot's drive
	Generation int64    `json:"generation"` // of the file that the drive goes on with
	From       string   `json:"from"`       // the file that it writes to now
	To         string   `json:"to"`         // the next one
	Beneath    []string `json:"beneath,omitempty"`
	Size       int64    `json:"size"`
}

// VMRevert are the params of the operation vm_revert: a machine becomes again what it was at a snapshot.
type VMRevert struct {
	Snapshot int64 `json:"snapshot"`
	PowerOn  bool  `json:"poweron,omitempty"` // afterwards, whatever it was before
	Paused   bool  `json:"paused,omitempty"`  // a guest that goes on from its memory is left standing
	// What the steps find out.
	Machine int64          `json:"machine,omitempty"`
	Ran     bool           `json:"ran,omitempty"`
	Memory  string         `json:"memory,omitempty"`
	Disks   []RevertedDisk `json:"disks,omitempty"`
}

// Operation names the kind.
func (VMRevert) Operation() string { return "vm_revert" }

// RevertedDisk is a disk that gets a new file over what it was at a snapshot.
type RevertedDisk struct {
	Drive      int64    `json:"drive"`
	State      int64    `json:"state"`
	Generation int64    `json:"generation"`
	From       string   `json:"from"` // the file that the drive wrote to until then; it becomes a layer that nothing needs
	Then       string   `json:"then"` // the file that it wrote to when the snapshot was taken
	To         string   `json:"to"`
	Beneath    []string `json:"beneath"`
	Size       int64    `json:"size"`
}

// CardBefore is what machine_nics.was says of a card in a snapshot.
type CardBefore struct {
	NIC        int64  `json:"nic"`
	Macaddress string `json:"macaddress"`
	Vnet       int64  `json:"vnet,omitempty"`
}
