package cluster

import (
	"dewpoint/internal/model/column"
	"dewpoint/internal/schema"
)

// resourceRules declares which devices belong to a resource group.
func resourceRules() *schema.Table {
	return &schema.Table{
		Name: "resource_rules", Title: "Resource rule", Parent: "resource_group",
		Doc: "Rules that say which devices of the nodes belong to a resource group: those that a filter over the table of the group's type keeps.",
		Fields: schema.Fields{
			schema.TextRow("resource_group", "resource_groups").Required().CreateOnly().Summary(),
			schema.String("name").Required().Len(1, 256).Match(column.Printable, column.NotPrintable).Summary(),
			schema.Enabled("enabled").Summary(),
			deviceTables("type").Via("resource_group#type"),
			schema.Row("node", "nodes").Follows().Summary().Doc("only devices of this node; of all nodes if not given"),
			schema.String("filter").Required().Len(1, 2048).Summary().Example("vendor eq 'Intel Corporation'").Doc("an expression as in filter of a request for the group's table"),
			schema.JSON("filter_configuration").Doc("what a form made the filter from; clients keep it here"),
			schema.Void("resources", "resource_group_devices").Doc(noMembers),
			schema.Bool("system_created").ReadOnly(),
			schema.Uint32("auto_create_based_on").OnlyYet("rules aren't made from devices yet; give a filter"),
			schema.Created("created"),
			schema.Modified("modified"),
		},
	}
}
