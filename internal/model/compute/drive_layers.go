package compute

import "dewpoint/internal/schema"

// driveLayers declares the frozen files beneath disks. A layer is what was a drive's own file until a snapshot or a clone froze it: nothing writes to it
// any more, and drives and other layers build upon it (docs/design/0027-snapshots.md).
func driveLayers() *schema.Table {
	return &schema.Table{
		Name: "drive_layers", Title: "Drive layer", Internal: true, Display: "file", Wakes: []string{"storage"},
		Doc: "Frozen files that disks build upon.",
		Fields: schema.Fields{
			schema.String("file").Required().Unique().Doc("the file's name without an ending; it never changes while the row is there"),
			schema.String("tier").Doc("whose folder the file lies in"),
			schema.String("folder").Required().Doc("the UUID of the machine whose folder the file lies in"),
			schema.Int64("base").Default(0).Indexed().Doc("the layer beneath; 0 for none"),
			schema.Int64("size").Default(0).Unit("bytes").Doc("what a guest sees"),
		},
	}
}
