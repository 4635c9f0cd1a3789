package system

import "dewpoint/internal/schema"

// system declares the one row that says what system this is.
func system() *schema.Table {
	return &schema.Table{
		Name: "system", Title: "System", ReadOnly: true, Open: true, Display: "cloud_name",
		Doc:         "One row about the whole system.",
		ActionTable: "system_actions", ActionRef: "system", Actions: systemActions(),
		Fields: schema.Fields{
			schema.String("yb_version").ReadOnly().Summary(),
			schema.String("os_version").ReadOnly().Summary(),
			schema.String("cloud_name").ReadOnly().Summary(),
			schema.String("branch").ReadOnly().Summary(),
			schema.String("instance").ReadOnly().Doc("four hex digits in the names of everything that this database has on hosts"),
			schema.String("keeper").ReadOnly().Hidden().Doc("server-id of the server that keeps all that; null where no other can have the database"),
			schema.String("keeper_host").ReadOnly().Hidden().Doc("its host's name"),
			schema.String("lineage").ReadOnly().Hidden().Doc("a random id that is another after each restore: the data directory has it too"),
		},
	}
}

func systemActions() schema.Actions {
	return schema.Actions{{
		Name: "backup", Doc: "make a backup of the database, and when it is there delete older ones that this action made; for tasks of administrators",
		Params:  schema.Fields{schema.Uint32("keep").Default(7).Range(1, 10_000).Doc("how many complete ones that this action made are left")},
		Answers: schema.Fields{schema.Int64("database_backup").Doc("the key of the backup")},
	}}
}
