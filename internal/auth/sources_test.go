package auth_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"dewpoint/internal/auth"
	"dewpoint/internal/auth/ldap/ldaptest"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/access"
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// line is a way to a directory that counts the conversations, and can fall silent.
type line struct {
	address string
	calls   atomic.Int64
	silent  atomic.Bool
}

// newLine listens, and forwards what comes to the address.
func newLine(t testing.TB, to string) *line {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &line{address: listener.Addr().String()}
	var group sync.WaitGroup
	t.Cleanup(func() {
		listener.Close()
		group.Wait()
	})
	group.Go(func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			l.calls.Add(1)
			group.Go(func() { l.carry(near, to) })
		}
	})
	return l
}

func (l *line) carry(near net.Conn, to string) {
	defer near.Close()
	if l.silent.Load() {
		io.Copy(io.Discard, near)
		return
	}
	far, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	defer far.Close()
	done := make(chan struct{})
	go func() {
		defer close(done)
		io.Copy(far, near)
		far.(*net.TCPConn).CloseWrite()
	}()
	io.Copy(near, far)
	near.Close()
	<-done
}

var root = perm.Actor{User: 99, Name: "root", Admin: true}

// write makes or changes a row as an administrator.
func (p *people) write(table, key string, row map[string]any) (string, error) {
	p.Helper()
	in := schema.Input{}
	for name, v := range row {
		raw, err := json.Marshal(v)
		if err != nil {
			p.Fatal(err)
		}
		in[name] = raw
	}
	ctx := perm.WithActor(context.Background(), root)
	if key != "" {
		return key, p.eng.Update(ctx, table, key, in)
	}
	made, err := p.eng.Create(ctx, table, in)
	if err != nil {
		return "", err
	}
	return made.Key.Text(), nil
}

func (p *people) must(table, key string, row map[string]any) string {
	p.Helper()
	key, err := p.write(table, key, row)
	if err != nil {
		p.Fatalf("%s %v: %v", table, row, err)
	}
	return key
}

// directory makes a source that is reached over the line.
func (p *people) directory(l *line) string {
	return p.must("auth_sources", "", map[string]any{"name": "corp", "driver": "ldap", "settings": map[string]any{
		"url": "ldap://" + l.address, "base_dn": ldaptest.Base, "bind_dn": ldaptest.Reader, "bind_password": ldaptest.ReaderPassword, "timeout": 2,
	}})
}

// remote makes an account of the source.
func (p *people) remote(source, name, remote string) access.User {
	p.Helper()
	key := p.must("users", "", map[string]any{"name": name, "auth_source": source, "remote_name": remote, "password": "a local one"})
	return p.readUser(schema.TextValue(key).Int())
}

func TestRemoteAccounts(t *testing.T) {
	t.Parallel()
	p := newPeople(t)
	l := newLine(t, ldaptest.Start(t).Address)
	source := p.directory(l)
	ann := p.remote(source, "ann", "")
	p.remote(source, "robert", "bob")
	p.user("local", "pw")
	for _, try := range []struct {
		name, password string
		good           bool
	}{
		{"ann", ldaptest.AnnPassword, true},
		{"ANN", ldaptest.AnnPassword, true},
		{"robert", ldaptest.BobPassword, true},
		{"ann", "a local one", false}, // never a local password
		{"robert", ldaptest.AnnPassword, false},
		{"bob", ldaptest.BobPassword, false}, // no account by its remote name
		{"local", "pw", true},
		{"local", ldaptest.AnnPassword, false},
	} {
		if _, err := p.login(try.name, try.password, "192.0.2.1"); (err == nil) != try.good {
			t.Errorf("%s with %q: %v", try.name, try.password, err)
		}
	}
	asked := l.calls.Load()
	for _, password := range []string{"", "*"} { // "*" is what the row holds for a digest
		b := basic("ann:" + password)
		p.refuses("password "+password, "invalid", b)
	}
	if n := l.calls.Load() - asked; n != 1 {
		t.Errorf("an empty password and a wrong one are %d questions, want 1", n)
	}
	if got := p.readUser(ann.Key); got.FailedAttempts != 0 || got.Password != "*" {
		t.Errorf("the row: %+v", got)
	}
	if _, err := p.write("users", schema.IntValue(ann.Key).Text(), map[string]any{"password": "mine"}); !errs.Is(err, errs.Invalid) {
		t.Errorf("a local password for a remote account: %v", err)
	}
	p.must("users", schema.IntValue(ann.Key).Text(), map[string]any{"email": "ann@example.org", "password": ""})
	if err := p.eng.Delete(perm.WithActor(context.Background(), root), "auth_sources", source); !errs.Is(err, errs.Conflict) {
		t.Errorf("deleting a source in use: %v", err)
	}
}

// TestARemotePasswordIsAskedForOncePerMinute, and anew when anything changes that it depends on.
func TestARemotePasswordIsAskedForOncePerMinute(t *testing.T) {
	t.Parallel()
	p := newPeople(t)
	directory := ldaptest.Start(t)
	l := newLine(t, directory.Address)
	source := p.directory(l)
	ann := p.remote(source, "ann", "")
	key := schema.IntValue(ann.Key).Text()
	questions := func(what string, want int64, good bool) {
		t.Helper()
		before := l.calls.Load()
		for range 5 {
			_, err := p.Authenticate(context.Background(), basic("ann:"+ldaptest.AnnPassword), http.Header{})
			if (err == nil) != good {
				t.Errorf("%s: %v", what, err)
			}
			if !good {
				break
			}
		}
		if n := l.calls.Load() - before; n != want {
			t.Errorf("%s: %d questions, want %d", what, n, want)
		}
	}
	questions("at first", 1, true)
	p.pass(59 * time.Second)
	questions("within the minute", 0, true)
	p.pass(time.Second)
	questions("after a minute", 1, true)
	p.must("users", key, map[string]any{"email": "ann@example.org"})
	questions("after a change that says nothing of passwords", 0, true)
	p.must("users", key, map[string]any{"remote_name": "bob"})
	questions("as somebody else", 1, false)
	p.must("users", key, map[string]any{"remote_name": "ann"})
	settings := map[string]any{"url": "ldap://" + l.address, "user_dn": "uid={name}," + ldaptest.People}
	questions("as before", 0, true)
	p.must("auth_sources", source, map[string]any{"settings": settings})
	questions("with other settings", 1, true)
	settings["user_dn"] = "cn={name}," + ldaptest.People
	p.must("auth_sources", source, map[string]any{"settings": settings})
	questions("with settings by which nobody is found", 1, false)
}

// TestASourceThatIsAway refuses its own accounts for as long as it is away, and nobody else; nothing of it counts as a wrong password.
func TestASourceThatIsAway(t *testing.T) {
	t.Parallel()
	p := newPeople(t)
	l := newLine(t, ldaptest.Start(t).Address)
	source := p.directory(l)
	p.remote(source, "ann", "")
	p.user("local", "pw")
	l.silent.Store(true)
	var group sync.WaitGroup
	for i := range 30 {
		group.Go(func() {
			began := time.Now()
			_, err := p.login("ann", ldaptest.AnnPassword, fmt.Sprintf("192.0.2.%d", i%10))
			if !errs.Is(err, errs.Unavailable) || time.Since(began) > 10*time.Second {
				t.Errorf("while the source is silent: %v after %v", err, time.Since(began))
			}
		})
	}
	until(t, func() bool { return l.calls.Load() >= 8 }) // as many as may ask at once
	began := time.Now()
	for i := range 20 {
		p.enters("a local account meanwhile", "local", "pw", fmt.Sprintf("192.0.2.%d", i%10))
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("20 logins of others took %v", took)
	}
	group.Wait()
	l.silent.Store(false)
	p.enters("when it is back", "ann", ldaptest.AnnPassword, "192.0.2.1")
	if err := p.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got := p.readUser(1).FailedAttempts; got != 0 {
		t.Errorf("failed_attempts is %d: that nobody could say is no failure", got)
	}
}

func TestRemotePasswordsAreThrottledAndFollowedByTheSecondFactor(t *testing.T) {
	t.Parallel()
	p := newPeople(t)
	l := newLine(t, ldaptest.Start(t).Address)
	ann := p.remote(p.directory(l), "ann", "")
	p.fails(5, "ann", "192.0.2.1")
	asked := l.calls.Load()
	p.waits("ann", ldaptest.AnnPassword, "192.0.2.1")
	if l.calls.Load() != asked || asked != 5 {
		t.Errorf("%d questions for five guesses, then %d", asked, l.calls.Load()-asked)
	}
	p.enters("from elsewhere", "ann", ldaptest.AnnPassword, "192.0.2.2")
	secret, _ := p.enrol(ann)
	p.refuses("Basic", "code_required", from("192.0.2.2", "Authorization", basic("ann:"+ldaptest.AnnPassword).Header.Get("Authorization")))
	p.pass(time.Minute)
	for code, want := range map[string]bool{"": false, "123456": false, p.code(secret, 0): true} {
		_, err := p.Login(context.Background(), auth.Attempt{Name: "ann", Password: ldaptest.AnnPassword, Code: code, Address: "192.0.2.2"})
		if (err == nil) != want {
			t.Errorf("code %q: %v", code, err)
		}
	}
}

// TestTheBindPasswordIsSealed looks for it in the files of the database, moves it to another row, and sends it elsewhere.
func TestTheBindPasswordIsSealed(t *testing.T) {
	t.Parallel()
	p := newPeople(t)
	l := newLine(t, ldaptest.Start(t).Address)
	source := p.directory(l)
	ann := p.remote(source, "ann", "")
	p.enters("with the password for searches", "ann", ldaptest.AnnPassword, "192.0.2.1")
	if !p.holds(ldaptest.Reader) || p.holds(ldaptest.ReaderPassword) {
		t.Error("the database holds the password for searches, or this test doesn't find what is there")
	}
	kept := map[string]any{"url": "ldap://" + l.address, "base_dn": ldaptest.People, "bind_dn": ldaptest.Reader}
	p.must("auth_sources", source, map[string]any{"settings": kept})
	p.enters("left out of new settings", "ann", ldaptest.AnnPassword, "192.0.2.1")
	for what, other := range map[string]map[string]any{
		"another server":  {"url": "ldap://127.0.0.1:1"},
		"another account": {"bind_dn": "cn=other," + ldaptest.Base},
		"another way":     {"starttls": true},
		"removed":         {"bind_password": ""},
	} {
		settings := map[string]any{}
		for _, from := range []map[string]any{kept, other} {
			for name, v := range from {
				settings[name] = v
			}
		}
		_, err := p.write("auth_sources", source, map[string]any{"settings": settings})
		if !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), "'bind_password ") {
			t.Errorf("%s, without the password: %v", what, err)
		}
	}
	stolen := p.must("auth_sources", "", map[string]any{"name": "mine", "driver": "ldap", "settings": map[string]any{
		"url": "ldap://" + l.address, "base_dn": ldaptest.Base, "bind_dn": ldaptest.Reader, "bind_password": "guess",
	}})
	p.change("auth_sources", schema.TextValue(stolen).Int(), schema.Set{"secrets": schema.TextValue(p.secretsOf(source))})
	p.change("users", ann.Key, schema.Set{"auth_source": schema.IntValue(schema.TextValue(stolen).Int())})
	if _, err := p.login("ann", ldaptest.AnnPassword, "192.0.2.1"); !errs.Is(err, errs.Unavailable) {
		t.Errorf("a sealed password in another row: %v", err)
	}
	p.must("auth_sources", stolen, map[string]any{"settings": map[string]any{"url": "ldap://" + l.address, "user_dn": "uid={name}," + ldaptest.People}})
	p.enters("once it has settings of its own", "ann", ldaptest.AnnPassword, "192.0.2.1")
}

// secretsOf reads what a source holds sealed.
func (p *people) secretsOf(source string) (sealed string) {
	p.Helper()
	err := p.db.View(context.Background(), func(tx *store.Tx) error {
		r, err := tx.Get("auth_sources", schema.IntValue(schema.TextValue(source).Int()))
		if err == nil {
			sealed = r.Get("secrets").Text()
		}
		return err
	})
	if err != nil || sealed == "" {
		p.Fatalf("nothing sealed: %v", err)
	}
	return sealed
}

// TestDebugTellsOfQuestions isn't parallel: it listens to everybody's log.
func TestDebugTellsOfQuestions(t *testing.T) {
	p := newPeople(t)
	l := newLine(t, ldaptest.Start(t).Address)
	source := p.directory(l)
	p.remote(source, "ann", "")
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	defer slog.SetDefault(before)
	p.enters("without debug", "ann", ldaptest.AnnPassword, "192.0.2.1")
	if log.Len() > 0 {
		t.Errorf("without debug: %s", log.String())
	}
	p.must("auth_sources", source, map[string]any{"debug": true})
	p.fails(1, "ann", "192.0.2.1")
	for _, word := range []string{"source=corp", "user=ann", "uid=ann," + ldaptest.People, "ok=false", "Invalid Credentials"} {
		if !strings.Contains(log.String(), word) {
			t.Errorf("the log lacks %q: %s", word, log.String())
		}
	}
	if strings.Contains(log.String(), "wrong") {
		t.Errorf("the log holds a password: %s", log.String())
	}
}
