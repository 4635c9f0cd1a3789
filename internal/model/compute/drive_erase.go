package compute

// DriveErase are the params of the operation drive_erase: a disk becomes an empty one of the same size.
type DriveErase struct {
	Machine int64 `json:"machine"`
	Drive   int64 `json:"drive"`
	// What the first step finds out.
	Generation int64  `json:"generation,omitempty"` // of the empty file
	From       string `json:"from,omitempty"`       // the file that it wrote to until then
	To         string `json:"to,omitempty"`
}

// Operation names the kind.
func (DriveErase) Operation() string { return "drive_erase" }
