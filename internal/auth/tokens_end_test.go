package auth_test

import (
	"context"
	"testing"
	"time"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/access"
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
)

// TestTokensEndWithWhatTheyWereGivenFor changes what a login of ann has to show, and looks which of her tokens are good afterwards.
func TestTokensEndWithWhatTheyWereGivenFor(t *testing.T) {
	t.Parallel()
	admin := perm.Actor{User: 99, Name: "root", Admin: true}
	type deed func(p *people, by perm.Actor, u access.User, secret string) error
	act := func(name string, off time.Duration) deed {
		return func(p *people, by perm.Actor, u access.User, secret string) error {
			_, err := p.act(by, u, name, p.code(secret, off))
			return err
		}
	}
	write := func(column, value string) deed {
		return func(p *people, by perm.Actor, u access.User, _ string) error {
			ctx := perm.WithActor(context.Background(), by)
			return p.eng.Update(ctx, "users", schema.IntValue(u.Key).Text(), schema.Input{column: engine.Text(value)})
		}
	}
	for what, c := range map[string]struct {
		factor string // "", "set up" or "on" before the tokens are given
		do     deed
		by     *perm.Actor // nil for ann in one of her sessions
		stays  bool        // the session that it is done by
		others bool        // all her other tokens
	}{
		"factor set up":                 {do: act("two_factor_setup", 0), stays: true, others: true},
		"factor confirmed":              {factor: "set up", do: act("two_factor_confirm", 0), stays: true},
		"factor off":                    {factor: "on", do: act("two_factor_off", 30*time.Second), stays: true},
		"factor off, by an admin":       {factor: "on", do: act("two_factor_off", 0), by: &admin},
		"no factor off":                 {do: act("two_factor_off", 0), by: &admin, stays: true, others: true},
		"password, by herself":          {do: write("password", "a new one"), stays: true},
		"password, by an administrator": {do: write("password", "a new one"), by: &admin},
		"another column":                {do: write("email", "ann@example.org"), stays: true, others: true},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			p := newPeople(t)
			u := p.user("ann", "pw")
			secret := ""
			switch c.factor {
			case "on":
				secret, _ = p.enrol(u)
			case "set up":
				made, err := p.act(self(u), u, "two_factor_setup", "")
				if err != nil {
					t.Fatal(err)
				}
				secret = made["secret"]
			}
			this, other, key, bystander := p.open(u.Key), p.open(u.Key), p.key(u.Key), p.open(p.user("bob", "pw").Key)
			token, _, err := p.IssueJWT(context.Background(), p.readUser(u.Key))
			if err != nil {
				t.Fatal(err)
			}
			by := c.by
			if by == nil {
				a := p.accepts("the session", bearer(this))
				by = &a
			}
			if err := c.do(p, *by, u, secret); err != nil {
				t.Fatal(err)
			}
			for name, check := range map[string]struct {
				token string
				good  bool
			}{
				"the session that did it": {this, c.stays}, "another session": {other, c.others}, "a JWT": {token, c.others},
				"an API key": {key, true}, "somebody else's session": {bystander, true},
			} {
				if check.good {
					p.accepts(name, bearer(check.token))
				} else {
					p.refuses(name, "invalid", bearer(check.token))
				}
			}
			if _, _, _, err := p.Refresh(context.Background(), token); (err == nil) != c.others {
				t.Errorf("refreshing the JWT: %v", err)
			}
		})
	}
}

// TestALoginThatWasOvertakenOpensNothing: between the look at the password and the session the account's tokens end.
func TestALoginThatWasOvertakenOpensNothing(t *testing.T) {
	t.Parallel()
	p := newPeople(t)
	u := p.user("ann", "pw")
	in, err := p.login("ann", "pw", "192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	p.enrol(u)
	if token, err := p.NewSession(context.Background(), in, "192.0.2.1"); !errs.Is(err, errs.Unauthenticated) {
		t.Errorf("the login without a code opens %q, %v", token, err)
	}
	token, _, err := p.IssueJWT(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	p.refuses("its JWT", "invalid", bearer(token))
}
