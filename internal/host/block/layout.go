package block

import (
	"cmp"
	"path/filepath"
)

// DefaultTier serves drives that prefer none.
const DefaultTier = "1"

// DiskEnding ends the names of drive files.
const DiskEnding = ".qcow2"

// DrivePath is where the file of a drive lies below the data directory; name is made of the drive's key and id (docs/design/0010-quarantine.md).
// An empty tier means DefaultTier.
func DrivePath(dataDir, tier, machineUUID, name string) string {
	return filepath.Join(dataDir, "pools", cmp.Or(tier, DefaultTier), machineUUID, name+DiskEnding)
}

// MediaPath is where the bytes of a media file lie; name is made of its key and id.
func MediaPath(dataDir, name string) string { return filepath.Join(dataDir, "files", name) }
