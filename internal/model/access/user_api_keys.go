package access

import (
	"net/netip"

	"dewpoint/internal/errs"
	"dewpoint/internal/model/column"
	"dewpoint/internal/schema"
)

// userAPIKeys declares the API keys of users; the resource API calls them API tokens.
func userAPIKeys() *schema.Table {
	return &schema.Table{
		Name: "user_api_keys", Title: "API key", LogType: "user", Check: checkAPIKey, Parent: "user", Own: schema.Own{By: "user", Make: true},
		Doc: "API keys. The reply to the POST shows the key, once.",
		Fields: schema.Fields{
			schema.Row("user", "users").Filled().CreateOnly().Summary(),
			schema.String("name").Required().Len(1, 128).Match(column.Printable, column.NotPrintable).Summary(),
			schema.LongText("description").Len(0, 2048),
			schema.Created("created"),
			schema.Uint64("expires").Unit("seconds since 1970").Summary().When("expires_type", "date"),
			schema.Enum("expires_type", "never", "date").Default("date").Summary(),
			schema.Uint64("lastlogin_stamp").ReadOnly().Unit("seconds since 1970"),
			schema.String("lastlogin_ip").ReadOnly(),
			schema.LongText("ip_allow_list").Len(0, 4096).Section("Addresses"),
			schema.LongText("ip_deny_list").Len(0, 4096).Section("Addresses"),
			schema.String("digest").ReadOnly().Hidden().Unique().Doc("SHA-256 of the key, in hex"),
		},
	}
}

// checkAPIKey refuses address lists that can't be read: they would let in nobody, or everybody.
func checkAPIKey(r *schema.Record) error {
	for _, list := range []string{"ip_allow_list", "ip_deny_list"} {
		for _, word := range column.ListWords(r.Get(list).Text()) {
			_, err := netip.ParseAddr(word)
			if _, prefixErr := netip.ParsePrefix(word); err != nil && prefixErr != nil {
				return errs.Field(list, "must be a list of addresses and subnets such as 192.0.2.7, 10.0.0.0/8")
			}
		}
	}
	return nil
}
