package rig

import (
	"fmt"

	"dewpoint/internal/model"
	"dewpoint/internal/schema"
)

// Wide returns the declared tables with n more on top, of the shapes that tables have: plain ones, parts of VMs, parts of each other, and such
// as VMs or networks own.
func Wide(n int) (*schema.Schema, error) {
	tables := model.Schema().Tables()
	for i := range n {
		t := &schema.Table{
			Name: fmt.Sprintf("wide_%03d", i), Title: fmt.Sprintf("Wide thing %d", i), Area: "wide", LogType: "system", Doc: "A table that only tests have.",
			Fields: schema.Fields{
				schema.String("name").Required().Unique().Summary().Len(1, 128),
				schema.LongText("description").Len(0, 2048),
				schema.Enum("kind", "one", "two", "three").Default("one").Summary(),
				schema.Bool("enabled").Default(true).Indexed(),
				schema.Int32("size").Range(0, 1000).Default(10).Unit("MiB"),
				schema.Created("created"),
				schema.Modified("modified"),
			},
		}
		switch i % 4 {
		case 1:
			t.Parent = "vm"
			t.Fields = append(t.Fields, schema.Row("vm", "vms").Summary())
		case 2:
			t.Parent = "above"
			t.Fields = append(t.Fields, schema.Row("above", fmt.Sprintf("wide_%03d", i-1)).Summary())
		case 3:
			t.Owner = "owner"
			t.Fields = append(t.Fields, schema.AnyRow("owner", "vms", "vnets").Forgets())
		}
		tables = append(tables, t)
	}
	return schema.New(tables...)
}
