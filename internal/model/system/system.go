package system

import "dewpoint/internal/schema"

// system declares the one row that says what system this is.
func system() *schema.Table {
	return &schema.Table{
		Name: "system", Title: "System", ReadOnly: true, Open: true, Display: "cloud_name",
		Doc:         "The system as a whole, in one row.",
		ActionTable: "system_actions", ActionRef: "system", Actions: systemActions(),
		Fields: schema.Fields{
			schema.String("yb_version").ReadOnly().Summary(),
			schema.String("os_version").ReadOnly().Summary(),
			schema.String("cloud_name").ReadOnly().Summary(),
			schema.String("branch").ReadOnly().Summary(),
			schema.String("instance").ReadOnly().Doc("four hex digits that mark everything this database owns on hosts"),
			schema.String("keeper").ReadOnly().Hidden().Doc("server-id of the server that manages the host; null if no other server can use the database"),
			schema.String("keeper_host").ReadOnly().Hidden().Doc("the host name of that server"),
			schema.String("lineage").ReadOnly().Hidden().Doc("a random id that changes with each restore; the data directory holds it too"),
		},
	}
}

func systemActions() schema.Actions {
	return schema.Actions{{
		Name: "backup", Doc: "make a backup of the database, then delete older backups that this action made. For tasks of administrators",
		Params:  schema.Fields{schema.Uint32("keep").Default(7).Range(1, 10_000).Doc("how many completed backups of this action to keep")},
		Answers: schema.Fields{schema.Int64("database_backup").Doc("the key of the backup")},
	}}
}
