package main

import (
	"dewpoint/internal/api/resource/compute"
	"dewpoint/internal/host/osinfo"
)

// osVariants shows a database of operating systems as the resource API has them.
func osVariants(d *osinfo.Database) compute.OSVariants {
	return func() ([]compute.OSVariant, error) {
		found, err := d.Variants()
		list := make([]compute.OSVariant, len(found))
		for i, v := range found {
			list[i] = compute.OSVariant(v)
		}
		return list, err
	}
}
