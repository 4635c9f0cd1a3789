package block

import (
	"cmp"
	"path/filepath"
	"strconv"
)

// DefaultTier serves drives that prefer none.
const DefaultTier = "1"

// DiskEnding ends the names of drive files.
const DiskEnding = ".qcow2"

// DrivePath is where the file of a drive lies below the data directory. docs/design/0001-first-boot.md fixes it. An empty tier means
// DefaultTier.
func DrivePath(dataDir, tier, machineUUID string, drive int64) string {
	return filepath.Join(dataDir, "pools", cmp.Or(tier, DefaultTier), machineUUID, strconv.FormatInt(drive, 10)+DiskEnding)
}

// MediaPath is where the bytes of a media file lie.
func MediaPath(dataDir string, file int64) string {
	return filepath.Join(dataDir, "files", strconv.FormatInt(file, 10))
}
