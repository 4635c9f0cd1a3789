package model

import "dewpoint/internal/schema"

// authSources declares where users may come from besides this database.
func authSources() *schema.Table {
	return &schema.Table{
		Name: "auth_sources", Title: "Authorization source", LogType: "user",
		Doc: "External sign-in providers. None can be set up yet: a create is answered with 501.",
		Fields: schema.Fields{
			schema.String("name").Required().Unique().Summary().Len(1, 128).Match(printable, notPrintable),
			schema.String("driver").Required().CreateOnly().Summary().Len(1, 64).Match(printable, notPrintable),
			schema.Bool("menu"),
			schema.Bool("debug"),
			schema.Uint64("debug_ts").ReadOnly().In("seconds since 1970"),
			schema.String("button_background_color").Len(0, 64),
			schema.String("button_color").Len(0, 64),
			schema.String("button_fa_icon").Len(0, 64),
			schema.String("icon_color").Len(0, 64),
			schema.JSON("settings").Hidden(),
		},
	}
}
