package auth_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"dewpoint/internal/auth"
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/event"
	"dewpoint/internal/model/access"
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
	"dewpoint/internal/tables"
)

// people is a service with an engine over it.
type people struct {
	*bench
	eng *engine.Engine
}

func newPeople(t *testing.T) *people {
	b := newBench(t)
	return &people{b, engine.New(b.db, event.New(b.db), b.Service, tables.Hooks(tables.Needs{Secrets: b.Service}), slog.New(slog.DiscardHandler))}
}

// act does an action to the account of u as the actor.
func (p *people) act(by perm.Actor, u access.User, name, code string) (map[string]string, error) {
	in := schema.Input{}
	if code != "" {
		in["code"] = json.RawMessage(`"` + code + `"`)
	}
	done, err := p.eng.Act(perm.WithActor(context.Background(), by), "users", schema.IntValue(u.Key).Text(), name, in)
	if err != nil {
		return nil, err
	}
	return done.Response, nil
}

func self(u access.User) perm.Actor { return perm.Actor{User: u.Key, Name: u.Name} }

// enrol turns the second factor of the account on.
func (p *people) enrol(u access.User) (secret string, recovery []string) {
	p.Helper()
	made, err := p.act(self(u), u, "two_factor_setup", "")
	if err != nil {
		p.Fatal(err)
	}
	done, err := p.act(self(u), u, "two_factor_confirm", p.code(made["secret"], 0))
	if err != nil {
		p.Fatal(err)
	}
	return made["secret"], strings.Fields(done["recovery_codes"])
}

// code is what an authenticator shows whose clock is off by some time.
func (p *people) code(secret string, off time.Duration) string {
	p.Helper()
	code, err := totp.GenerateCode(secret, start.Add(time.Duration(p.elapsed.Load())+off))
	if err != nil {
		p.Fatal(err)
	}
	return code
}

// tries logs in with the right password and a code, and returns the code of the refusal, if it is one.
func (p *people) tries(name, code string) string {
	p.Helper()
	_, err := p.Login(context.Background(), auth.Attempt{Name: name, Password: "pw", Code: code, Address: "192.0.2.1"})
	if err == nil {
		return ""
	}
	e := errs.As(err)
	if e == nil {
		p.Fatal(err)
	}
	return e.Code
}

// want compares what tries returned.
func (p *people) want(what, want, got string) {
	p.Helper()
	if got != want {
		p.Errorf("%s: %q, want %q", what, got, want)
	}
}

func TestSecondFactor(t *testing.T) {
	t.Parallel()
	p := newPeople(t)
	u := p.user("ann", "pw")
	made, err := p.act(self(u), u, "two_factor_setup", "")
	if err != nil {
		t.Fatal(err)
	}
	uri, err := url.Parse(made["uri"])
	if err != nil || uri.Scheme != "otpauth" || uri.Host != "totp" || uri.Query().Get("secret") != made["secret"] || uri.Path != "/Dewpoint:ann" {
		t.Errorf("URI %s, %v", made["uri"], err)
	}
	p.want("before it is confirmed", "", p.tries("ann", ""))
	if _, err := p.act(self(u), u, "two_factor_confirm", "000000"); !errs.Is(err, errs.Invalid) {
		t.Errorf("confirming with a wrong code: %v", err)
	}
	done, err := p.act(self(u), u, "two_factor_confirm", p.code(made["secret"], 0))
	if err != nil {
		t.Fatal(err)
	}
	if codes := strings.Fields(done["recovery_codes"]); len(codes) != 8 || !regexp.MustCompile(`^([0-9a-f]{5}-){3}[0-9a-f]{5}$`).MatchString(codes[0]) {
		t.Errorf("recovery codes %v", codes)
	}
	if got := p.readUser(u.Key); !got.TwoFactorAuthentication || got.TwoFactorType != "authenticator" {
		t.Errorf("the row doesn't tell of the second factor: %+v", got)
	}
	p.want("no code", "code_required", p.tries("ann", ""))
	p.refuses("Basic", "code_required", basic("ann:pw"))
	p.refuses("Basic with a wrong password", "invalid", basic("ann:no"))
	p.accepts("API key", bearer(p.key(u.Key)))
	p.want("the code that confirmed", "invalid_code", p.tries("ann", p.code(made["secret"], 0)))
	p.pass(30 * time.Second)
	p.want("a code", "", p.tries("ann", p.code(made["secret"], 0)))
	p.want("the same once more", "invalid_code", p.tries("ann", p.code(made["secret"], 0)))
}

func TestClocksMayBeOffByAStep(t *testing.T) {
	t.Parallel()
	p := newPeople(t)
	secret, _ := p.enrol(p.user("ann", "pw"))
	for off, want := range map[time.Duration]string{
		-60 * time.Second: "invalid_code", -30 * time.Second: "", 0: "", 30 * time.Second: "", 60 * time.Second: "invalid_code",
	} {
		p.pass(time.Hour)
		p.want("off by "+off.String(), want, p.tries("ann", p.code(secret, off)))
	}
	p.pass(time.Hour)
	p.want("a code as people type it", "", p.tries("ann", " "+p.code(secret, 0)[:3]+" "+p.code(secret, 0)[3:]))
	p.want("an older code after a newer one", "invalid_code", p.tries("ann", p.code(secret, -30*time.Second)))
}

func TestRecoveryCodesWorkOnceEach(t *testing.T) {
	t.Parallel()
	p := newPeople(t)
	u := p.user("ann", "pw")
	_, codes := p.enrol(u)
	if stored := p.readUser(u.Key).TwoFactorRecovery; strings.Contains(stored, strings.ReplaceAll(codes[0], "-", "")) || len(strings.Fields(stored)) != 8 {
		t.Errorf("stored: %s", stored)
	}
	p.want("a recovery code", "", p.tries("ann", codes[3]))
	p.want("once more", "invalid_code", p.tries("ann", codes[3]))
	p.want("another, without its dashes and in capitals", "", p.tries("ann", strings.ToUpper(strings.ReplaceAll(codes[0], "-", ""))))
	p.want("a digest", "invalid_code", p.tries("ann", strings.Fields(p.readUser(u.Key).TwoFactorRecovery)[0]))
}

func TestACodeOpensOneOfManyLoginsAtOnce(t *testing.T) {
	t.Parallel()
	p := newPeople(t)
	secret, codes := p.enrol(p.user("ann", "pw"))
	p.pass(time.Minute)
	for _, code := range []string{p.code(secret, 0), codes[0]} {
		var in atomic.Int64
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				if p.tries("ann", code) == "" {
					in.Add(1)
				}
			})
		}
		group.Wait()
		if in.Load() != 1 {
			t.Errorf("code %s opened %d logins", code, in.Load())
		}
	}
}

// Who guesses codes has the password, so it doesn't help to guess from many addresses.
func TestGuessingCodesIsSlow(t *testing.T) {
	t.Parallel()
	p := newPeople(t)
	u := p.user("ann", "pw")
	secret, _ := p.enrol(u)
	p.pass(time.Minute)
	guess := func(address, code string) error {
		_, err := p.Login(context.Background(), auth.Attempt{Name: "ann", Password: "pw", Code: code, Address: address})
		return err
	}
	for i := range 5 {
		if err := guess("192.0.2."+string(rune('1'+i)), "12345"); !errs.Is(err, errs.Unauthenticated) {
			t.Fatal(err)
		}
	}
	if err := guess("198.51.100.1", p.code(secret, 0)); !errs.Is(err, errs.TooMany) || errs.As(err).Wait != 5*time.Second {
		t.Errorf("after five wrong codes: %v", err)
	}
	if _, err := p.act(self(u), u, "two_factor_off", p.code(secret, 0)); !errs.Is(err, errs.TooMany) {
		t.Errorf("turning it off after five wrong codes: %v", err)
	}
	if err := p.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got := p.readUser(u.Key).FailedAttempts; got != 5 {
		t.Errorf("failed_attempts is %d, want 5", got)
	}
	p.pass(5 * time.Second)
	if err := guess("198.51.100.1", p.code(secret, 0)); err != nil {
		t.Errorf("after the wait: %v", err)
	}
}

func TestWhoMayTurnTheSecondFactorOff(t *testing.T) {
	t.Parallel()
	p := newPeople(t)
	ann, bob := p.user("ann", "pw"), p.user("bob", "pw")
	admin := perm.Actor{User: bob.Key, Name: "bob", Admin: true}
	secret, _ := p.enrol(ann)
	for what, try := range map[string]struct {
		by   perm.Actor
		name string
		code string
		want errs.Kind
	}{
		"off without a code":       {self(ann), "two_factor_off", "", errs.Invalid},
		"off by another":           {self(bob), "two_factor_off", p.code(secret, 30*time.Second), errs.NotFound},
		"set up anew while on":     {self(ann), "two_factor_setup", "", errs.Conflict},
		"confirm while on":         {self(ann), "two_factor_confirm", p.code(secret, 30*time.Second), errs.Conflict},
		"set up for somebody else": {admin, "two_factor_setup", "", errs.Denied},
		"enable oneself":           {self(ann), "enable", "", errs.Denied},
	} {
		if _, err := p.act(try.by, ann, try.name, try.code); !errs.Is(err, try.want) {
			t.Errorf("%s: %v, want %s", what, err, try.want)
		}
	}
	if _, err := p.act(self(bob), bob, "two_factor_confirm", "123456"); !errs.Is(err, errs.Conflict) {
		t.Errorf("confirming what wasn't set up: %v", err)
	}
	if _, err := p.act(self(ann), ann, "two_factor_off", p.code(secret, 30*time.Second)); err != nil {
		t.Error(err)
	}
	p.want("after it is off", "", p.tries("ann", ""))
	p.enrol(ann)
	if _, err := p.act(admin, ann, "two_factor_off", ""); err != nil {
		t.Error(err)
	}
	p.accepts("Basic after an administrator turned it off", basic("ann:pw"))
	if got := p.readUser(ann.Key); got.TwoFactorSecret != "" || got.TwoFactorRecovery != "" {
		t.Errorf("secrets are left: %+v", got)
	}
}

// slowSecrets writes to the database while it makes a digest: that waits forever when the engine holds the writer meanwhile.
type slowSecrets struct {
	*bench
	made atomic.Int64
}

func (s *slowSecrets) HashPassword(ctx context.Context, password string) (string, error) {
	s.made.Add(1)
	s.create("user_api_keys", schema.Set{"user": schema.IntValue(1), "digest": schema.TextValue(password)})
	return s.bench.HashPassword(ctx, password)
}

func TestDigestsAreMadeOutsideTransactions(t *testing.T) {
	t.Parallel()
	s := &slowSecrets{bench: newBench(t)}
	eng := engine.New(s.db, event.New(s.db), s, tables.Hooks(tables.Needs{Secrets: s}), slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithTimeout(perm.WithActor(context.Background(), perm.System("test")), 20*time.Second)
	defer cancel()
	made, err := eng.Create(ctx, "users", schema.Input{"name": engine.Text("ann"), "password": engine.Text("the first one")})
	if err != nil {
		t.Fatal(err)
	}
	s.accepts("the password of the create", basic("ann:the first one"))
	if err := eng.Update(ctx, "users", made.Key.Text(), schema.Input{"password": engine.Text("the second one")}); err != nil {
		t.Fatal(err)
	}
	s.accepts("the password of the update", basic("ann:the second one"))
	stranger := perm.WithActor(ctx, perm.Actor{User: 77})
	if err := eng.Update(stranger, "users", made.Key.Text(), schema.Input{"password": engine.Text("the third one")}); !errs.Is(err, errs.NotFound) {
		t.Errorf("a stranger's update: %v", err)
	}
	if n := s.made.Load(); n != 2 {
		t.Errorf("%d digests were made, want 2: none for who may not change the password", n)
	}
}
