package system

import (
	"dewpoint/internal/model/column"
	"dewpoint/internal/schema"
)

// taggable lists the tables whose rows can have tags; a category says of each whether its tags go there.
var taggable = []string{
	"vms", "vnets", "volumes", "vnet_rules", "vmware_containers", "users", "tenant_nodes", "sites", "nodes", "groups", "clusters", "tenants",
}

// TagGate returns the column of a category that lets its tags be put on rows of a table.
func TagGate(table string) string { return "taggable_" + table }

// tagCategories declares groups of tags, and what these may be put on.
func tagCategories() *schema.Table {
	t := &schema.Table{
		Name: "tag_categories", Title: "Tag category", LogType: "system",
		Doc: "Categories of tags. A category determines which tables its tags apply to, and whether a row can have more than one of them.",
		Fields: schema.Fields{
			schema.String("name").Required().Unique().Summary().Len(1, 128).Match(column.Printable, column.NotPrintable),
			schema.LongText("description").Len(0, 2048).Summary(),
			schema.Bool("single_tag_selection").Summary().Doc("a row can have at most one tag of the category"),
		},
	}
	for _, table := range taggable {
		gate := schema.Bool(TagGate(table)).Section("What it can be put on")
		if table == "vms" {
			gate.Summary().Example("true")
		}
		t.Fields = append(t.Fields, gate)
	}
	t.Fields = append(t.Fields, schema.Created("created"), schema.Modified("modified"), schema.Rows("tags", "tags", "category"))
	return t
}
