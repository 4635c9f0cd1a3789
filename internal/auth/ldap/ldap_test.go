package ldap_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"dewpoint/internal/auth/ldap"
	"dewpoint/internal/auth/ldap/ldaptest"
	"dewpoint/internal/errs"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// object is a settings' object as a client writes it.
type object map[string]any

// with is o with other members; nil leaves one out.
func (o object) with(others object) object {
	o = maps.Clone(o)
	for name, v := range others {
		if o[name] = v; v == nil {
			delete(o, name)
		}
	}
	return o
}

func parse(t testing.TB, o object) (*ldap.Server, error) {
	t.Helper()
	raw, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	members := map[string]json.RawMessage{}
	if err := json.Unmarshal(raw, &members); err != nil {
		t.Fatal(err)
	}
	return ldap.Parse(members, nil)
}

func server(t testing.TB, o object) *ldap.Server {
	t.Helper()
	s, err := parse(t, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// bySearch and byDN are the two ways in which accounts are found.
func bySearch(s *ldaptest.Server) object {
	return object{"url": "ldap://" + s.Address, "base_dn": ldaptest.Base, "bind_dn": ldaptest.Reader, "bind_password": ldaptest.ReaderPassword}
}

func byDN(s *ldaptest.Server) object {
	return object{"url": "ldap://" + s.Address, "user_dn": "uid={name}," + ldaptest.People}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	s := ldaptest.Start(t)
	for way, settings := range map[string]object{
		"search": bySearch(s), "DN": byDN(s),
		"search over ldaps": bySearch(s).with(object{"url": "ldaps://" + s.Secure, "ca": s.CA}), "DN with STARTTLS": byDN(s).with(object{"starttls": true, "ca": s.CA}),
	} {
		directory := server(t, settings)
		for _, c := range []struct {
			name, password string
			want           bool
		}{
			{"ann", ldaptest.AnnPassword, true},
			{"bob", ldaptest.BobPassword, true},
			{"bob", ldaptest.AnnPassword, false},
			{"ann", "wrong", false},
			{"ann", "", false},
			{"", "", false},
			{"nobody", "x", false},
			{"keyless", "x", false},
			{ldaptest.OddName, ldaptest.OddPassword, true},
			{ldaptest.OddName, "wrong", false},
			{"*", ldaptest.AnnPassword, false},
			{"ann)(uid=*", ldaptest.AnnPassword, false},
			{"a*", ldaptest.AnnPassword, false},
			{"ann," + ldaptest.People, ldaptest.AnnPassword, false},
			{"x+uid=ann", ldaptest.AnnPassword, false},
			{"ann\x00", ldaptest.AnnPassword, false},
		} {
			a, err := directory.Check(context.Background(), c.name, c.password)
			if err != nil || a.OK != c.want {
				t.Errorf("%s, %q with %q: %+v, %v", way, c.name, c.password, a, err)
			}
			if a.OK && !strings.HasSuffix(a.DN, ldaptest.People) {
				t.Errorf("%s, %q: DN %q", way, c.name, a.DN)
			}
		}
	}
}

// TestAServerThatCannotSay: nobody is let in, nobody is told that his password is wrong, and what the log gets says why.
func TestAServerThatCannotSay(t *testing.T) {
	t.Parallel()
	s := ldaptest.Start(t)
	gone := ldaptest.FreeAddress(t)
	for what, c := range map[string]struct {
		settings object
		name     string
		log      string
	}{
		"nobody there":                   {byDN(s).with(object{"url": "ldap://" + gone}), "ann", "refused"},
		"a certificate of somebody else": {byDN(s).with(object{"url": "ldaps://" + s.Secure}), "ann", "certificate"},
		"the same with STARTTLS":         {byDN(s).with(object{"starttls": true}), "ann", "certificate"},
		"a certificate for another name": {byDN(s).with(object{"url": "ldaps://" + strings.Replace(s.Secure, "127.0.0.1", "127.0.0.2", 1), "ca": s.CA}), "ann", "127.0.0.2"},
		"TLS where there is none":        {byDN(s).with(object{"url": "ldaps://" + s.Address, "ca": s.CA}), "ann", "starting TLS"},
		"a wrong password of the reader": {bySearch(s).with(object{"bind_password": "wrong"}), "ann", "binding as " + ldaptest.Reader},
		"searches for nobody":            {bySearch(s).with(object{"bind_dn": nil, "bind_password": nil}), "ann", "searching"},
	} {
		a, err := server(t, c.settings).Check(context.Background(), c.name, ldaptest.AnnPassword)
		if a.OK || !errs.Is(err, errs.Unavailable) {
			t.Errorf("%s: %+v, %v", what, a, err)
			continue
		}
		if cause := errors.Unwrap(err); cause == nil || !strings.Contains(cause.Error(), c.log) || strings.Contains(err.Error(), "example") {
			t.Errorf("%s: told %q, logged %q, want %q in it", what, err, cause, c.log)
		}
	}
}

// TestSeveralEntries: a name that several entries have opens none of them, and the log gets why.
func TestSeveralEntries(t *testing.T) {
	t.Parallel()
	s := ldaptest.Start(t)
	for name, settings := range map[string]object{
		"twin": bySearch(s), "ann": bySearch(s).with(object{"user_filter": "(|(uid={name})(objectClass=*))"}),
	} {
		a, err := server(t, settings).Check(context.Background(), name, ldaptest.AnnPassword)
		if a.OK || err != nil || !errors.Is(a.Refusal, ldap.ErrAmbiguous) || !strings.Contains(a.Refusal.Error(), name) {
			t.Errorf("%s: %+v, %v; want a refusal that says why", name, a, err)
		}
	}
}

// TestASilentServerIsLeft: one takes the connection and says nothing, one says nothing sensible, one says too much.
func TestASilentServerIsLeft(t *testing.T) {
	t.Parallel()
	for what, say := range map[string]func(net.Conn){
		"nothing": func(net.Conn) {},
		"noise":   func(c net.Conn) { c.Write([]byte("220 mail.example.org ESMTP\r\n")) },
		"a flood": func(c net.Conn) {
			c.Write([]byte{0x30, 0x84, 0x7f, 0xff, 0xff, 0xff, 0x04, 0x84, 0x7f, 0xff, 0xff, 0xf0}) // two gigabytes of one string
			for b := make([]byte, 1<<16); ; {
				if _, err := c.Write(b); err != nil {
					return
				}
			}
		},
	} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				say(c)
				c.Read(make([]byte, 4096)) // the request
				c.Read(make([]byte, 4096)) // and the end
				c.Close()
			}
		}()
		for _, secure := range []object{{}, {"starttls": true}, {"url": "ldaps://" + l.Addr().String()}} {
			directory := server(t, object{"url": "ldap://" + l.Addr().String(), "user_dn": "uid={name},dc=x", "timeout": 1}.with(secure))
			began := time.Now()
			if _, err := directory.Check(context.Background(), "ann", "pw"); !errs.Is(err, errs.Unavailable) || time.Since(began) > 5*time.Second {
				t.Errorf("%s, %v: %v after %v", what, secure, err, time.Since(began))
			}
		}
		l.Close()
		<-done
	}
}

// TestCheckEndsWithItsRequest: a client that hangs up doesn't leave a conversation behind.
func TestCheckEndsWithItsRequest(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0") // takes connections, and never says a word
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	directory := server(t, object{"url": "ldap://" + l.Addr().String(), "user_dn": "uid={name},dc=x", "timeout": 30})
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	began := time.Now()
	if _, err := directory.Check(ctx, "ann", "pw"); err == nil || time.Since(began) > 10*time.Second {
		t.Errorf("%v after %v", err, time.Since(began))
	}
}

func TestSettingsAreChecked(t *testing.T) {
	t.Parallel()
	good := object{"url": "ldaps://ldap.example.org", "base_dn": "dc=example,dc=org"}
	for what, o := range map[string]object{
		"search": good, "DN": {"url": "ldaps://ldap.example.org:1636/", "user_dn": "uid={name},dc=example"},
		"STARTTLS": good.with(object{"url": "ldap://ldap.example.org", "starttls": true}), "plain": good.with(object{"url": "ldap://ldap.example.org", "plaintext": true}),
		"plain on this host": good.with(object{"url": "ldap://[::1]:1389"}), "empty members": good.with(object{"user_dn": "", "user_filter": "", "ca": "", "bind_dn": ""}),
		"AD": good.with(object{"user_filter": "(&(objectClass=user)(sAMAccountName={name}))", "bind_dn": "cn=x,dc=y", "bind_password": "z", "timeout": 30}),
	} {
		if _, err := parse(t, o); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	for i, c := range []struct {
		member string
		change object
	}{
		{"url", object{"url": nil}},
		{"url", object{"url": "http://ldap.example.org"}},
		{"url", object{"url": "ldaps://"}},
		{"url", object{"url": "ldapi:///run/x"}},
		{"url", object{"url": "ldaps://ann:pw@ldap.example.org"}},
		{"url", object{"url": "ldaps://ldap.example.org/dc=example"}},
		{"url", object{"url": 3}},
		{"starttls", object{"starttls": true}},
		{"starttls", object{"starttls": "yes"}},
		{"starttls", object{"url": "ldap://ldap.example.org"}},
		{"ca", object{"ca": "not PEM"}},
		{"ca", object{"url": "ldap://127.0.0.1", "ca": "x"}},
		{"base_dn", object{"base_dn": nil}},
		{"base_dn", object{"base_dn": "nonsense"}},
		{"base_dn", object{"user_dn": "uid={name},dc=example"}},
		{"user_dn", object{"base_dn": nil, "user_dn": "uid=ann,dc=example"}},
		{"user_dn", object{"base_dn": nil, "user_dn": "{name}"}},
		{"user_filter", object{"user_filter": "(uid=ann)"}},
		{"user_filter", object{"user_filter": "(uid={name}"}},
		{"bind_dn", object{"bind_dn": "nonsense", "bind_password": "x"}},
		{"bind_dn", object{"bind_password": "x"}},
		{"bind_dn", object{"base_dn": nil, "user_dn": "uid={name},dc=x", "bind_dn": "cn=x", "bind_password": "x"}},
		{"bind_password", object{"bind_dn": "cn=x"}},
		{"bind_password", object{"bind_dn": "cn=x", "bind_password": []string{"x"}}},
		{"timeout", object{"timeout": 0}},
		{"timeout", object{"timeout": 31}},
		{"timeout", object{"timeout": "soon"}},
		{"colour", object{"colour": "red"}},
	} {
		_, err := parse(t, good.with(c.change))
		e := errs.As(err)
		if e == nil || e.Kind != errs.Invalid || e.Field != "settings" || !strings.HasPrefix(e.Text, fmt.Sprintf("Validation error on field: 'settings' - '%s ", c.member)) {
			t.Errorf("%d, %v: %v, want %s refused", i, c.change, err, c.member)
		}
	}
}
