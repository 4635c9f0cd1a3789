package model

import (
	"net/netip"

	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
)

// users declares the accounts of both APIs.
func users() *schema.Table {
	return &schema.Table{
		Name: "users", Title: "User", LogType: "user",
		Doc:         "User accounts.",
		ActionTable: "user_actions", ActionRef: "user", Actions: userActions(),
		Fields: schema.Fields{
			schema.String("name").Required().Unique().Summary().Len(1, 128).Match(loginName, "a login name (letters, digits, _ . @ -)"),
			schema.String("displayname").Len(0, 128).Summary(),
			schema.String("email").Len(0, 254).Summary(),
			schema.Enum("type", "normal", "api", "vdi", "site_sync", "site_user").Def("normal").CreateOnly().Labels("api", "API", "vdi", "VDI").
				Note("what the account is for; what it may do doesn't depend on it"),
			schema.Enabled("enabled").Summary(),
			schema.Created("created"),
			schema.Uint64("last_login").ReadOnly().In("seconds since 1970"),
			schema.Bool("change_password").Note("for pages, to ask for a new password at the next login; the API lets the account in without one"),
			schema.Bool("physical_access").Note("kept for clients: no account here is one of the host"),
			schema.Bool("two_factor_authentication").ReadOnly().
				Note("ignored when it is sent: a second factor takes a code of its owner's, so the actions two_factor_setup, two_factor_confirm and two_factor_off turn it on and off"),
			schema.Enum("two_factor_type", "email", "authenticator").Def("email").
				Note("authenticator while there is a second factor, whatever is sent; no codes go by e-mail"),
			schema.Bool("two_factor_setup_next_login").Note("for pages, to ask for a second factor at the next login; false once there is one"),
			schema.Uint64("account_locked").Def(0).In("seconds since 1970").Note("since when the account is locked; all its credentials are refused then. 0: it isn't"),
			schema.Uint32("failed_attempts").Def(0).Note("wrong passwords and codes since the last login; who has to wait doesn't depend on it"),
			schema.Row("auth_source", "auth_sources").CreateOnly().Restrict().Note("who knows the account's password; it is never checked here then"),
			schema.String("remote_name").Len(0, 128).Note("the account's name at its auth_source, if it has another there"),
			schema.String("creator").ReadOnly(),
			identity(),
			schema.Row("theme", "themes").ReadOnly().Note("ignored when it is sent: there are no themes"),
			schema.String("password").Filled().Len(0, 256).Secret().Note("kept as an argon2id digest; not needed, and not kept, with an auth_source"),
			schema.LongText("ssh_keys").Len(0, 65536).Note("one a line; kept for clients, nobody logs in by them"),
			schema.String("id").ReadOnly().Note("40 hex digits"),
			schema.Rows("api_keys", "user_api_keys", "user"),
			schema.Rows("sessions", "sessions", "user").Hidden(),
			schema.Bool("admin").ReadOnly().Hidden().Note("may do everything: follows from membership of Administrators"),
			schema.String("two_factor_secret").ReadOnly().Sealed().Hidden().Note("of the authenticator, in base 32, sealed; not in use while two_factor_authentication is false"),
			schema.Int64("two_factor_step").ReadOnly().Hidden().Def(0).Note("the time step of the code that was taken last: no older one is"),
			schema.LongText("two_factor_recovery").ReadOnly().Secret().Hidden().Note("SHA-256 of each recovery code that is left, in hex"),
			schema.Int64("token_epoch").ReadOnly().Hidden().Def(0).Note("grows with each change of password or second factor: older tokens are void"),
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

// userAPIKeys declares the API keys of users; the resource API calls them API tokens.
func userAPIKeys() *schema.Table {
	return &schema.Table{
		Name: "user_api_keys", Title: "API key", LogType: "user", Check: checkAPIKey, Parent: "user",
		Doc: "API keys. The key itself is in the reply to the POST and can't be read again.",
		Fields: schema.Fields{
			schema.Row("user", "users").Filled().CreateOnly().Summary(),
			schema.String("name").Required().Len(1, 128).Match(printable, notPrintable).Summary(),
			schema.LongText("description").Len(0, 2048),
			schema.Created("created"),
			schema.Uint64("expires").In("seconds since 1970").Summary(),
			schema.Enum("expires_type", "never", "date").Def("date").Summary(),
			schema.Uint64("lastlogin_stamp").ReadOnly().In("seconds since 1970"),
			schema.String("lastlogin_ip").ReadOnly(),
			schema.LongText("ip_allow_list").Len(0, 4096),
			schema.LongText("ip_deny_list").Len(0, 4096),
			schema.String("digest").ReadOnly().Hidden().Unique().Note("SHA-256 of the key, in hex"),
		},
	}
}

// checkAPIKey refuses address lists that can't be read: they would let in nobody, or everybody.
func checkAPIKey(r *schema.Record) error {
	for _, list := range []string{"ip_allow_list", "ip_deny_list"} {
		for _, word := range listWords(r.Get(list).Text()) {
			_, err := netip.ParseAddr(word)
			if _, prefixErr := netip.ParsePrefix(word); err != nil && prefixErr != nil {
				return errs.Field(list, "must be a list of addresses and subnets such as 192.0.2.7, 10.0.0.0/8")
			}
		}
	}
	return nil
}

// sessions declares the session tokens of the table API.
func sessions() *schema.Table {
	return &schema.Table{
		Name: "sessions", Title: "Session", Internal: true, Display: "user",
		Fields: schema.Fields{
			schema.Row("user", "users").Required(),
			schema.String("digest").Unique().Note("SHA-256 of the token, in hex"),
			schema.Created("created"),
			schema.Int64("used").Note("last use, in seconds since 1970; written at most once a minute"),
			schema.String("address"),
		},
	}
}

// endedSignIns declares the logins that were given up before their JWTs ran out.
func endedSignIns() *schema.Table {
	return &schema.Table{
		Name: "ended_sign_ins", Title: "Ended sign-in", Internal: true, Key: schema.NameKey, KeyField: "name", Display: "name",
		Fields: schema.Fields{
			schema.String("name").Via("$key").Note("SHA-256 of the sign-in's id, in hex"),
			schema.Int64("until").Indexed().Note("when none of its JWTs is good any more anyway, in seconds since 1970"),
			schema.Int64("served").Note("the same by served_time; null for a note of an older version"),
		},
	}
}

// servedTime declares the clock that nobody can set: for how long servers have run on this database.
func servedTime() *schema.Table {
	return &schema.Table{
		Name: "served_time", Title: "Served time", Internal: true, Key: schema.NameKey, KeyField: "name", Display: "name",
		Fields: schema.Fields{
			schema.String("name").Via("$key"),
			schema.Int64("seconds").Def(0).Note("that servers have run; those that ran side by side count once"),
			schema.Int64("counted").Def(0).Note("when they were counted last, in seconds since 1970"),
		},
	}
}

// loginAttempts declares how often logins failed of late, by account and address, and from where accounts signed in. Rows are written in
// batches. Moments are in microseconds since 1970, 0 for none.
func loginAttempts() *schema.Table {
	return &schema.Table{
		Name: "login_attempts", Title: "Login attempts", Internal: true, Key: schema.NameKey, KeyField: "name", Display: "name",
		Fields: schema.Fields{
			schema.String("name").Via("$key").Note("SHA-256 of what they are counted by, in hex"),
			schema.Int64("failures").Def(0),
			schema.Int64("until").Def(0).Note("when the next is looked at, or when all are forgotten"),
			schema.Int64("last").Def(0).Indexed(),
			schema.Int64("entered").Def(0).Indexed().Note("last login of the account from the address"),
		},
	}
}
