package access

import "dewpoint/internal/schema"

// AllTables is what a permission names as its table to mean all of them.
const AllTables = "/"

// permissions declares what is granted to whom. The owner and parent columns of the tables say where else a grant counts.
func permissions() *schema.Table {
	return &schema.Table{
		Name: "permissions", Title: "Permission", LogType: "user", Parent: "identity", Display: "table",
		Unique: []schema.Unique{schema.Together("identity", "table", "row")},
		Doc:    "Rights granted to a user or group: on one row, on all rows of a table (row 0), or on everything (table /).",
		Fields: schema.Fields{
			schema.Row("identity", "identities").Required().CreateOnly().Summary().Doc("the identity of a user or group, as in its own row"),
			schema.String("table").Required().CreateOnly().Summary().Indexed().Len(1, 128).Example("vms").Doc("vms, /v4/vms, or / for all tables"),
			schema.Uint32("row").Default(0).CreateOnly().Summary().Indexed().Doc("row number; 0 for all rows"),
			schema.Bool("list").Default(true).Summary().Doc("see in lists"),
			schema.Bool("read").Summary().Doc("read whole, by key and through references"),
			schema.Bool("create").Summary().Doc("create rows; on one row: create rows below it"),
			schema.Bool("modify").Summary().Doc("change rows and perform actions on them"),
			schema.Bool("delete").Summary(),
			schema.AnyRow("target").AnyTable().ReadOnly().Hidden().Follows().Doc("the row as table/key"),
			schema.String("rowdisplay").Via("target#$display").Argument(),
			schema.String("identity_display").Via("identity#owner#$display").Argument(),
			schema.String("identity_owner").Via("identity#owner").Argument(),
			schema.Uint32("tableid").ReadOnly().Argument(),
		},
	}
}
