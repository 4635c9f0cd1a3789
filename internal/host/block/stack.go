package block

import (
	"encoding/json"
	"fmt"

	"dewpoint/internal/host/child"
)

// stackPlace is where qemu-img finds the files beneath a disk in its cage.
const stackPlace = "/in/layer"

// node is an image with all beneath it, as QEMU's json: file names take it.
type node struct {
	Driver  Format `json:"driver"`
	File    file   `json:"file"`
	Backing *node  `json:"backing"` // null ends the stack: what a header names is never opened
}

type file struct {
	Driver string `json:"driver"`
	Name   string `json:"filename"`
}

// stack names a disk and all layers beneath it for a qemu-img in a cage, and lists those files. The first layer is writable, which Commit needs.
func stack(disk child.File, layers ...string) (name string, files []child.File, err error) {
	top := &node{Driver: Qcow2, File: file{"file", disk.At}}
	files = []child.File{disk}
	at := top
	for i, path := range layers {
		f := child.File{Path: path, At: fmt.Sprint(stackPlace, i), Writable: i == 0}
		at.Backing = &node{Driver: Qcow2, File: file{"file", f.At}}
		files, at = append(files, f), at.Backing
	}
	text, err := json.Marshal(top)
	return "json:" + string(text), files, err
}
