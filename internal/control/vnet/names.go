package vnet

import (
	"path/filepath"
	"strconv"
	"strings"

	"dewpoint/internal/model/column"
)

// marks makes and reads the names by which our things are known on the host (docs/design/0001-first-boot.md).
type marks struct {
	instance string // four hex digits
	dir      string // holds one directory per network, named by its key and id (column.StorageName)
}

// The links inside a router namespace.
const (
	lanLink = "lan"
	wanLink = "wan"
)

func (m marks) prefix() string             { return "dp" + m.instance }
func (m marks) bridge(key int64) string    { return m.prefix() + "b" + decimal(key) }
func (m marks) lan(key int64) string       { return m.prefix() + "l" + decimal(key) }
func (m marks) wan(key int64) string       { return m.prefix() + "w" + decimal(key) }
func (m marks) namespace(key int64) string { return m.prefix() + "-" + decimal(key) }
func (m marks) table() string              { return "dewpoint_" + m.instance }

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

// key reads the key out of a name that begins with the given prefix; ok is false for a name that we would not have made.
func key(name, prefix string) (n int64, ok bool) {
	digits, ok := strings.CutPrefix(name, prefix)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	return n, err == nil && n > 0 && decimal(n) == digits
}

func decimal(n int64) string { return strconv.FormatInt(n, 10) }
