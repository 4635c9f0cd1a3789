package auth

import (
	"context"
	"time"

	"dewpoint/internal/errs"
	"dewpoint/internal/model/access"
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
	"dewpoint/internal/served"
	"dewpoint/internal/store"
)

// notedFor is how long it is noted that a login was given up: a token of it could be good for as long, or be refreshed to a good one.
const notedFor = jwtLife + refreshWindow + clockLead

// SignOut gives up the login that a request came by, on all servers at once: its session, or its JWT with all that were and could be made of
// it by a refresh. Invalid for credentials that stand for no login.
func (s *Service) SignOut(ctx context.Context, a perm.Actor) error {
	return s.db.Update(ctx, func(tx *store.Tx) error {
		switch {
		case a.Session != 0:
			return ifThere(tx.Delete("sessions", schema.IntValue(a.Session)))
		case a.SignIn != "":
			return s.endSignIn(tx, a.SignIn)
		}
		return errs.New(errs.Invalid, "not_signed_in", "this request came with an API key or a password, which logout doesn't end; revoke the API key instead")
	})
}

// endSignIn notes that a login was given up.
func (s *Service) endSignIn(tx *store.Tx, id string) error {
	name := schema.TextValue(digestOf(id))
	if n, err := tx.Count("ended_sign_ins", store.Key(name)); err != nil || n > 0 {
		return err
	}
	run, err := served.Seconds(tx)
	if err != nil {
		return err
	}
	note := access.EndedSignInSet{}.Until(s.now().Add(notedFor).Unix()).Served(run + int64((notedFor+sweepEvery)/time.Second))
	return store.CreateAs(tx, name, note)
}

// forgetSignIns clears away the logins that were given up long ago, by the time of day and by that which servers have run: a clock that is
// ahead for a while doesn't end a note. One that was made by a clock that was ahead would stay for as long as that was.
func (s *Service) forgetSignIns(tx *store.Tx) error {
	run, err := served.Count(tx, s.now(), s.passed())
	if err != nil {
		return err
	}
	now := s.now()
	over, err := tx.Find("ended_sign_ins", store.IsUpTo(access.EndedSignInCol.Until, now.Unix()))
	if err != nil {
		return err
	}
	ahead, err := tx.Find("ended_sign_ins", store.IsFrom(access.EndedSignInCol.Until, now.Add(notedFor+2*clockLead).Unix()))
	for _, r := range append(over, ahead...) {
		switch {
		case err != nil:
		case access.EndedSignInCol.Served.Of(r).IsNull():
			err = store.Write(tx, r.Key, access.EndedSignInSet{}.Served(run+int64(notedFor/time.Second)))
		case access.EndedSignInCol.Served.Of(r).Int() <= run:
			err = tx.Delete("ended_sign_ins", r.Key)
		}
	}
	return err
}
