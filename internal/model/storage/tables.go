// Package storage declares media files, and the tiers that disks lie on.
package storage

import "dewpoint/internal/schema"

//go:generate go run dewpoint/internal/model/gen

// Tables lists the tables of the area.
func Tables() []*schema.Table {
	return []*schema.Table{
		storageTiers(), storageTierStats(), clusterTiers(), clusterTierStatus(), clusterTierStats(), files(),
		fileChunks(),
	}
}
