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
			schema.String("displayname").Len(0, 128).Summary().Label("Display name"),
			schema.String("email").Len(0, 254).Summary(),
			schema.Enum("type", "normal", "api", "vdi", "site_sync", "site_user").Default("normal").CreateOnly().Labels("api", "API", "vdi", "VDI").
				Doc("what the account is for; it doesn't affect the account's rights"),
			schema.Enabled("enabled").Summary(),
			schema.Created("created"),
			schema.Uint64("last_login").ReadOnly().Unit("seconds since 1970"),
			schema.Bool("change_password").Doc("asks user interfaces to request a new password at the next login; the API doesn't enforce it").Section("Sign-in"),
			schema.Bool("physical_access").Doc("no effect: accounts don't exist on the host").Section("Sign-in"),
			schema.Bool("two_factor_authentication").
				NotYet("the owner of an account turns its second factor on, by the actions two_factor_setup and two_factor_confirm, and off by two_factor_off; set two_factor_setup_next_login to ask for one").
				Doc("whether a second factor is on"),
			schema.Enum("two_factor_type", "email", "authenticator").Default("email").Section("Sign-in").
				Doc("always authenticator while a second factor is on; codes are never sent by e-mail"),
			schema.Bool("two_factor_setup_next_login").Doc("asks user interfaces to request a second factor at the next login; false once one is on").Section("Sign-in"),
			schema.Uint64("account_locked").Default(0).Unit("seconds since 1970").Doc("when the account was locked. A locked account's credentials are refused. 0: not locked").Section("Sign-in"),
			schema.Uint32("failed_attempts").Default(0).Doc("wrong passwords and codes since the last login; it doesn't affect waiting times").Section("Sign-in"),
			schema.Row("auth_source", "auth_sources").CreateOnly().Restrict().Doc("the source that checks the account's password").Section("Sign-in").Label("Source of sign-ins"),
			schema.String("remote_name").Len(0, 128).Doc("the account's name at its auth_source, if different").When("auth_source").Section("Sign-in"),
			schema.String("creator").Creator(),
			identity(),
			schema.Row("theme", "themes").ReadOnly().Doc("ignored: themes aren't supported"),
			schema.String("password").Filled().Len(0, 256).Secret().Doc("stored as an argon2id digest; neither required nor stored with an auth_source").Section("Sign-in"),
			schema.LongText("ssh_keys").Len(0, 65536).Doc("one per line; stored only, not used for login").Section("Sign-in"),
			schema.String("id").ReadOnly().Doc("40 hex digits"),
			schema.Linked("groups", "groups", schema.Link{Table: "members", From: "member", To: "parent_group"}).Doc("groups that the user is a member of"),
			schema.Rows("api_keys", "user_api_keys", "user"),
			schema.Rows("favorites", "vm_favorites", "user").Hidden(),
			schema.Rows("sessions", "sessions", "user").Hidden(),
			schema.Bool("admin").ReadOnly().Hidden().Doc("may do everything, as a member of Administrators"),
			schema.String("two_factor_secret").ReadOnly().Sealed().Hidden().Doc("the authenticator's secret, in base 32, sealed; not used while two_factor_authentication is false"),
			schema.Int64("two_factor_step").ReadOnly().Hidden().Default(0).Doc("the time step of the last accepted code; older ones are refused"),
			schema.LongText("two_factor_recovery").ReadOnly().Secret().Hidden().Doc("SHA-256 of each unused recovery code, in hex"),
			schema.Int64("token_epoch").ReadOnly().Hidden().Default(0).Doc("grows with each change of password or second factor, which voids older tokens"),
		},
	}
}

func userActions() schema.Actions {
	code := schema.String("code").Len(0, 64)
	return schema.Actions{
		{Name: "enable", Doc: "enable the account"},
		{Name: "disable", Doc: "disable the account"},
		{Name: "two_factor_setup", Doc: "create your authenticator's secret; the reply shows it once"},
		{Name: "two_factor_confirm", Doc: "turn the second factor on with a code from your authenticator; the reply shows the recovery codes once", Params: schema.Fields{code}},
		{Name: "two_factor_off", Doc: "turn the second factor off; only administrators can do so without a code", Params: schema.Fields{code}},
	}
}
