package system

import "dewpoint/internal/schema"

// settings declares the system settings, addressed by name.
func settings() *schema.Table {
	return &schema.Table{
		Name: "settings", Title: "Setting", Key: schema.NameKey, KeyField: "key", NoCreate: true, LogType: "system", Display: "key", Wakes: []string{"node"},
		Doc: "System settings.",
		Fields: schema.Fields{
			schema.String("key").Via("$key").Summary(),
			schema.LongText("value").Len(0, 4096).Summary(),
			schema.LongText("default_value").ReadOnly().Summary(),
			schema.LongText("description").ReadOnly(),
		},
	}
}
