package access

import (
	"regexp"

	"dewpoint/internal/model/column"
	"dewpoint/internal/schema"
)

var colour = regexp.MustCompile(`^[#A-Za-z0-9(),.%/ _-]*$`)

// authSources declares who knows the passwords of accounts besides this database.
func authSources() *schema.Table {
	look := func(name string) *schema.Field {
		return schema.String(name).Len(0, 64).Match(colour, "a colour or the name of an icon").Doc("for pages that offer the source")
	}
	return &schema.Table{
		Name: "auth_sources", Title: "Authorization source", LogType: "user",
		Doc: "External sign-in providers: accounts with an auth_source have their password checked there. Only administrators may make, change and " +
			"delete them. The driver ldap is built; others are answered with 501.",
		Fields: schema.Fields{
			schema.String("name").Required().Unique().Summary().Len(1, 128).Match(column.Printable, column.NotPrintable),
			schema.String("driver").OnlyYet("sources with other drivers than ldap aren't built; those with ldap are", "ldap").Required().CreateOnly().Summary().Len(1, 64).Example("ldap").Doc("ldap"),
			schema.Bool("menu").Doc("for pages that offer the source"),
			schema.Bool("debug").Doc("write to the log what is asked of the source and what it answers, without passwords"),
			schema.Uint64("debug_ts").ReadOnly().Default(0).Unit("seconds since 1970").Doc("since when debug is on"),
			look("button_background_color"),
			look("button_color"),
			look("button_fa_icon"),
			look("icon_color"),
			schema.JSON("settings").Required().Example(`{"url":"ldaps://ldap.example.org","base_dn":"dc=example,dc=org"}`).
				Doc("an object: url, starttls, plaintext, ca, base_dn, user_filter, user_dn, bind_dn, bind_password, timeout; bind_password goes in and never comes out, and stays when it is left out"),
			schema.LongText("secrets").ReadOnly().Secret().Hidden().Doc("the secret members of settings, an object, sealed"),
		},
	}
}
