// Package bounds keeps API keys that have an end, or are bound to addresses, from what would outlast them.
package bounds

import (
	"net/netip"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/access"
	"dewpoint/internal/model/column"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// NotByAPIKey is Denied when an API key wants to change something of the account that it belongs to.
func NotByAPIKey(w *engine.Inside, user *schema.Record, what string) error {
	if w.Actor.APIKey == 0 || user.Key.Int() != w.Actor.User {
		return nil
	}
	return errs.New(errs.Denied, "denied_by_key", "an API key can't change %s of its own account; log in with the password", what)
}

// Stay is Denied when the actor came by an API key and wants a key that could be used longer than that, or from elsewhere.
func Stay(w *engine.Inside, wanted access.UserAPIKey) error {
	if w.Actor.APIKey == 0 {
		return nil
	}
	own, err := ownKey(w)
	if err != nil {
		return err
	}
	end := endOf(own)
	switch until := endOf(wanted); {
	case end != 0 && (until == 0 || until > end):
		return errs.New(errs.Denied, "denied_by_key", "the API key of this request expires at %d; a key that it creates or changes can't expire later", end).On("expires")
	case !placesOf(own).cover(placesOf(wanted)):
		return errs.New(errs.Denied, "denied_by_key", "the API key of this request is limited to certain addresses; a key that it creates or changes needs an ip_allow_list within them").On("ip_allow_list")
	}
	return nil
}

// MayOutlast is Denied when the actor came by an API key with an end or for some addresses only, and wants something that leads to a way in
// without these bounds: another account, its password, rights for it, a source that vouches for it. Who got hold of such a key would keep a door.
func MayOutlast(w *engine.Inside, what string) error {
	if w.Actor.APIKey == 0 {
		return nil
	}
	own, err := ownKey(w)
	if err != nil {
		return err
	}
	if at := placesOf(own); endOf(own) == 0 && len(at.allowed)+len(at.denied) == 0 {
		return nil
	}
	return errs.New(errs.Denied, "denied_by_key", "an API key that expires or is limited to certain addresses can't %s, because the effect would outlast these limits; log in with the password", errs.Ours(what))
}

// ownKey reads the API key that the actor came by.
func ownKey(w *engine.Inside) (access.UserAPIKey, error) {
	own, err := store.GetRow[access.UserAPIKey](w.Tx, w.Actor.APIKey)
	if errs.Is(err, errs.NotFound) {
		return own, errs.New(errs.Denied, "denied_by_key", "the API key of this request was revoked")
	}
	return own, err
}

// endOf returns when a key ends, in seconds since 1970; 0 for never.
func endOf(key access.UserAPIKey) int64 {
	if key.ExpiresType != "date" {
		return 0
	}
	return key.Expires
}

// places is where a key may be used from: the allowed ones if there are any, else all but the denied ones.
type places struct{ allowed, denied []netip.Prefix }

func placesOf(key access.UserAPIKey) places {
	return places{column.Subnets(key.IPAllowList), column.Subnets(key.IPDenyList)}
}

// cover reports whether q lies in p.
func (p places) cover(q places) bool {
	switch {
	case len(p.allowed) > 0:
		return len(q.allowed) > 0 && each(q.allowed, func(a netip.Prefix) bool { return in(a, p.allowed) })
	case len(q.allowed) > 0:
		return each(q.allowed, func(a netip.Prefix) bool {
			return each(p.denied, func(d netip.Prefix) bool { return !a.Overlaps(d) })
		})
	}
	return each(p.denied, func(d netip.Prefix) bool { return in(d, q.denied) })
}

func each(list []netip.Prefix, f func(netip.Prefix) bool) bool {
	for _, p := range list {
		if !f(p) {
			return false
		}
	}
	return true
}

// in reports whether a subnet lies in one of the list.
func in(p netip.Prefix, list []netip.Prefix) bool {
	return !each(list, func(wide netip.Prefix) bool { return !(wide.Bits() <= p.Bits() && wide.Contains(p.Addr())) })
}
