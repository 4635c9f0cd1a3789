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
		return schema.String(name).Len(0, 64).Match(colour, "a colour or an icon name").Doc("for user interfaces that list the source on their login page")
	}
	return &schema.Table{
		Name: "auth_sources", Title: "Authorization source", LogType: "user",
		Doc: "External sign-in providers, which check the passwords of accounts with an auth_source. Only administrators can create, change and " +
			"delete them. Only the driver ldap is supported.",
		Fields: schema.Fields{
			schema.String("name").Required().Unique().Summary().Len(1, 128).Match(column.Printable, column.NotPrintable),
			schema.String("driver").OnlyYet("only the driver ldap is supported yet", "ldap").Required().CreateOnly().Summary().Len(1, 64).Example("ldap").Doc("ldap"),
			schema.Bool("menu").Doc("for user interfaces that list the source on their login page"),
			schema.Bool("debug").Doc("log each request to the source and its answer, without passwords"),
			schema.Uint64("debug_ts").ReadOnly().Default(0).Unit("seconds since 1970").Doc("when debug was turned on"),
			look("button_background_color"),
			look("button_color"),
			look("button_fa_icon"),
			look("icon_color"),
			schema.JSON("settings").Required().Example(`{"url":"ldaps://ldap.example.org","base_dn":"dc=example,dc=org"}`).
				Doc("an object: url, starttls, plaintext, ca, base_dn, user_filter, user_dn, bind_dn, bind_password, timeout. bind_password is never shown; leave it out to keep it"),
			schema.LongText("secrets").ReadOnly().Secret().Hidden().Doc("the secret members of settings: a sealed object"),
		},
	}
}
