package engine

import (
	"net/netip"

	"dewpoint/internal/errs"
	"dewpoint/internal/model"
	"dewpoint/internal/schema"
)

var apiKeyHooks = hooks{create: createAPIKey, update: updateAPIKey}

func createAPIKey(w *Write, r *schema.Record) error {
	if r.Get("user").IsNull() {
		r.Put("user", schema.RefValue(w.Actor.User))
	}
	if r.Get("user").Int() != w.Actor.User && !w.Actor.Admin {
		return errs.New(errs.Denied, "denied", "you can make API keys for yourself only")
	}
	if r.Get("expires_type").IsNull() {
		r.Put("expires_type", schema.TextValue(map[bool]string{true: "never", false: "date"}[r.Get("expires").Int() == 0]))
	}
	if err := w.staysBound(r); err != nil {
		return err
	}
	key, digest := w.eng.secrets.NewAPIKey()
	r.Put("digest", schema.TextValue(digest))
	w.Response["private_key"], w.Response["token"] = key, key
	return nil
}

// updateAPIKey keeps the bounds of keys from those who could act by them as somebody with more rights, and from the keys themselves.
func updateAPIKey(w *Write, old *schema.Record, set schema.Set) error {
	changed := old.Changes(set)
	bounds := false
	for _, column := range []string{"expires", "expires_type", "ip_allow_list", "ip_deny_list"} {
		_, given := changed[column]
		bounds = bounds || given
	}
	if !bounds {
		return nil
	}
	owner, err := w.Tx.Get("users", old.Get("user"))
	if err != nil {
		return err
	}
	if err := w.mayActAs(owner); err != nil {
		return err
	}
	return w.staysBound(old.With(set))
}

// mayChangeOwn keeps an API key from what gives its account other credentials than keys: it would get rid of its bounds by them.
func (w *Write) mayChangeOwn(old *schema.Record, set schema.Set) error {
	for name := range old.Changes(set) {
		if harmlessColumns[name] || name == "email" {
			continue
		}
		if err := w.notByAPIKey(old, name); err != nil {
			return err
		}
	}
	return nil
}

// notByAPIKey is Denied when an API key wants to change something of the account that it belongs to.
func (w *Write) notByAPIKey(user *schema.Record, what string) error {
	if w.Actor.APIKey == 0 || user.Key.Int() != w.Actor.User {
		return nil
	}
	return errs.New(errs.Denied, "denied_by_key", "an API key can't change %s of its own account; log in with the password", what)
}

// staysBound is Denied when the actor came by an API key and wants a key that could be used longer than that, or from elsewhere.
func (w *Write) staysBound(wanted *schema.Record) error {
	if w.Actor.APIKey == 0 {
		return nil
	}
	own, err := w.Tx.Get("user_api_keys", schema.IntValue(w.Actor.APIKey))
	if errs.Is(err, errs.NotFound) {
		return errs.New(errs.Denied, "denied_by_key", "the API key of this request was revoked")
	}
	if err != nil {
		return err
	}
	end := endOf(own)
	switch until := endOf(wanted); {
	case end != 0 && (until == 0 || until > end):
		return errs.New(errs.Denied, "denied_by_key", "the API key of this request ends at %d; give one that it makes or changes an expires no later than that", end).On("expires")
	case !placesOf(own).cover(placesOf(wanted)):
		return errs.New(errs.Denied, "denied_by_key", "the API key of this request is bound to addresses; give one that it makes or changes an ip_allow_list of none but these").On("ip_allow_list")
	}
	return nil
}

// endOf returns when a key ends, in seconds since 1970; 0 for never.
func endOf(key *schema.Record) int64 {
	if key.Get("expires_type").Text() != "date" {
		return 0
	}
	return key.Get("expires").Int()
}

// places is where a key may be used from: the allowed ones if there are any, else all but the denied ones.
type places struct{ allowed, denied []netip.Prefix }

func placesOf(key *schema.Record) places {
	return places{model.Subnets(key.Get("ip_allow_list").Text()), model.Subnets(key.Get("ip_deny_list").Text())}
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
