package system

import "dewpoint/internal/schema"

// servedTime declares the clock that nobody can set: for how long servers have run on this database.
func servedTime() *schema.Table {
	return &schema.Table{
		Name: "served_time", Title: "Served time", Internal: true, Key: schema.NameKey, KeyField: "name", Display: "name",
		Fields: schema.Fields{
			schema.String("name").Via("$key"),
			schema.Int64("seconds").Default(0).Doc("seconds that servers have run; servers that run at the same time count once"),
			schema.Int64("counted").Default(0).Doc("when they were last counted, in seconds since 1970"),
		},
	}
}
