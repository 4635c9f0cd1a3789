package vnet

import (
	"path/filepath"
	"strconv"

	"dewpoint/internal/mark"
	"dewpoint/internal/model/column"
)

// marks makes the names by which our things are known on the host (docs/design/0001-first-boot.md).
type marks struct {
	mark.Instance
	dir string // holds one directory per network, named by its key and id (column.StorageName)
}

// The links inside a router namespace.
const (
	lanLink = "lan"
	wanLink = "wan"
)

// path is the folder of a network.
func (m marks) path(key int64, id string) string {
	return filepath.Join(m.dir, column.StorageName(key, id))
}

// folders are those of all the networks.
func (m marks) folders(of []Vnet) map[int64]string {
	paths := make(map[int64]string, len(of))
	for _, v := range of {
		paths[v.Key] = m.path(v.Key, v.ID)
	}
	return paths
}

func decimal(n int64) string { return strconv.FormatInt(n, 10) }
