package access

import (
	"dewpoint/internal/model/column"
	"dewpoint/internal/schema"
)

// users declares the accounts of both APIs.
func users() *schema.Table {
	return &schema.Table{
		Name: "users", Title: "User", LogType: "user", Own: schema.Own{By: "$key", Columns: []string{"displayname", "email", "password"}},
		Doc:         "User accounts.",
		ActionTable: "user_actions", ActionRef: "user", Actions: userActions(),
		Fields: schema.Fields{
			schema.String("name").Required().Unique().Summary().Len(1, 128).Match(column.LoginName, "a login name (letters, digits, _ . @ -)"),
			schema.String("displayname").Len(0, 128).Summary(),
			schema.String("email").Len(0, 254).Summary(),
			schema.Enum("type", "normal", "api", "vdi", "site_sync", "site_user").Default("normal").CreateOnly().Labels("api", "API", "vdi", "VDI").
				Doc("what the account is for; what it may do doesn't depend on it"),
			schema.Enabled("enabled").Summary(),
			schema.Created("created"),
			schema.Uint64("last_login").ReadOnly().Unit("seconds since 1970"),
			schema.Bool("change_password").Doc("for pages, to ask for a new password at the next login; the API lets the account in without one"),
			schema.Bool("physical_access").Doc("kept for clients: no account here is one of the host"),
			schema.Bool("two_factor_authentication").ReadOnly().
				Doc("ignored when it is sent: a second factor takes a code of its owner's, so the actions two_factor_setup, two_factor_confirm and two_factor_off turn it on and off"),
			schema.Enum("two_factor_type", "email", "authenticator").Default("email").
				Doc("authenticator while there is a second factor, whatever is sent; no codes go by e-mail"),
			schema.Bool("two_factor_setup_next_login").Doc("for pages, to ask for a second factor at the next login; false once there is one"),
			schema.Uint64("account_locked").Default(0).Unit("seconds since 1970").Doc("since when the account is locked; all its credentials are refused then. 0: it isn't"),
			schema.Uint32("failed_attempts").Default(0).Doc("wrong passwords and codes since the last login; who has to wait doesn't depend on it"),
			schema.Row("auth_source", "auth_sources").CreateOnly().Restrict().Doc("who knows the account's password; it is never checked here then"),
			schema.String("remote_name").Len(0, 128).Doc("the account's name at its auth_source, if it has another there").When("auth_source"),
			schema.String("creator").Creator(),
			identity(),
			schema.Row("theme", "themes").ReadOnly().Doc("ignored when it is sent: there are no themes"),
			schema.String("password").Filled().Len(0, 256).Secret().Doc("kept as an argon2id digest; not needed, and not kept, with an auth_source"),
			schema.LongText("ssh_keys").Len(0, 65536).Doc("one a line; kept for clients, nobody logs in by them"),
			schema.String("id").ReadOnly().Doc("40 hex digits"),
			schema.Rows("api_keys", "user_api_keys", "user"),
			schema.Rows("sessions", "sessions", "user").Hidden(),
			schema.Bool("admin").ReadOnly().Hidden().Doc("may do everything: follows from membership of Administrators"),
			schema.String("two_factor_secret").ReadOnly().Sealed().Hidden().Doc("of the authenticator, in base 32, sealed; not in use while two_factor_authentication is false"),
			schema.Int64("two_factor_step").ReadOnly().Hidden().Default(0).Doc("the time step of the code that was taken last: no older one is"),
			schema.LongText("two_factor_recovery").ReadOnly().Secret().Hidden().Doc("SHA-256 of each recovery code that is left, in hex"),
			schema.Int64("token_epoch").ReadOnly().Hidden().Default(0).Doc("grows with each change of password or second factor: older tokens are void"),
		},
	}
}

func userActions() schema.Actions {
	code := schema.String("code").Len(0, 64)
	return schema.Actions{
		{Name: "enable", Doc: "open the account"},
		{Name: "disable", Doc: "close the account"},
		{Name: "two_factor_setup", Doc: "make the secret of your authenticator; it is in the reply and can't be read again"},
		{Name: "two_factor_confirm", Doc: "turn the second factor on with a code of your authenticator; the reply has the recovery codes, once", Params: schema.Fields{code}},
		{Name: "two_factor_off", Doc: "turn the second factor off, with a code unless you are an administrator", Params: schema.Fields{code}},
	}
}
