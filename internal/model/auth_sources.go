package model

import "dewpoint/internal/schema"

// authSources declares where users may come from besides this database.
func authSources() *schema.Table {
	return &schema.Table{
		Name: "auth_sources", Title: "Authorization source", ReadOnly: true,
		Doc: "External sign-in providers. None can be set up yet.",
		Fields: schema.Fields{
			schema.String("name").Unique().Summary(),
			schema.String("driver").Summary(),
			schema.Bool("menu"),
			schema.Bool("debug"),
			schema.Uint64("debug_ts").ReadOnly().In("seconds since 1970"),
			schema.String("button_background_color"),
			schema.String("button_color"),
			schema.String("button_fa_icon"),
			schema.String("icon_color"),
			schema.JSON("settings").Hidden(),
		},
	}
}
