package compute

// LayerMerge are the params of the operation layer_merge: what rests alone on a layer is written into it, so that one file is less beneath a disk.
type LayerMerge struct {
	Layer   int64 `json:"layer"`
	Machine int64 `json:"machine"`
	// What the first step finds out.
	Drive   int64    `json:"drive,omitempty"` // whose own file rests on it; 0 where Above does
	Above   int64    `json:"above,omitempty"` // the layer that does
	Top     string   `json:"top,omitempty"`   // the file that goes; "" where there is nothing to do any more
	Base    string   `json:"base,omitempty"`  // the file that stays
	Beneath []string `json:"beneath,omitempty"`
	Size    int64    `json:"size,omitempty"`
}

// Operation names the kind.
func (LayerMerge) Operation() string { return "layer_merge" }
