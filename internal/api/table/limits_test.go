package table_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// later checks the header that says when to try again.
func (r reply) later(t testing.TB, most int) {
	t.Helper()
	if n, err := strconv.Atoi(r.header.Get("Retry-After")); err != nil || n < 1 || n > most {
		t.Errorf("Retry-After is %q, want 1 to %d", r.header.Get("Retry-After"), most)
	}
}

func TestRequestsOfAKeyAreLimited(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.setting("rate_limit_per_hour", "3")
	key, ok := s.post("/api/v4/user_api_keys", `{"name":"ci"}`).must(t, 201).object(t)["key"].(string)
	if !ok {
		t.Fatal("no key")
	}
	for _, left := range []string{"2", "1", "0"} {
		if r := s.send("GET", "/api/v4/system", nil, bearer(key)).must(t, 200); r.header.Get("X-RateLimit-Remaining") != left || r.header.Get("X-RateLimit-Limit") != "3" {
			t.Errorf("%s left: %v", left, r.header)
		}
	}
	r := s.send("GET", "/api/v4/system", nil, header("x-yottabyte-token", key))
	text := r.failed(t, 429)
	r.later(t, 1200)
	reset, err := strconv.ParseInt(r.header.Get("X-RateLimit-Reset"), 10, 64)
	if at := time.Unix(reset, 0); err != nil || !strings.HasSuffix(text, " "+at.UTC().Format(time.RFC3339)) || time.Until(at) > time.Hour/3+time.Second {
		t.Errorf("reset %d, %v, text %q", reset, err, text)
	}
	if r := s.get("/api/v4/system").must(t, 200); r.header.Get("X-RateLimit-Limit") != "" {
		t.Errorf("Basic is limited: %v", r.header)
	}
}

// TestRequestsOfAKeyAreLimitedExactly lets 32 clients send at once: as many get through as the limit says, the others are told when to come.
func TestRequestsOfAKeyAreLimitedExactly(t *testing.T) {
	t.Parallel()
	const limit, clients, each = 100, 32, 5
	s := start(t)
	s.setting("rate_limit_per_hour", strconv.Itoa(limit))
	key := bearer(s.post("/api/v4/user_api_keys", `{"name":"ci"}`).must(t, 201).object(t)["key"].(string))
	var mu sync.Mutex
	left, refused := map[string]int{}, 0
	var group sync.WaitGroup
	for range clients {
		group.Go(func() {
			for range each {
				r := s.send("GET", "/api/v4/system", nil, key)
				mu.Lock()
				switch r.status {
				case 200:
					left[r.header.Get("X-RateLimit-Remaining")]++
				case 429:
					refused++
					r.later(t, 36)
				default:
					t.Errorf("status %d: %s", r.status, r.body)
				}
				mu.Unlock()
			}
		})
	}
	group.Wait()
	if len(left) != limit || refused != clients*each-limit {
		t.Errorf("%d got through and %d were refused, want %d and %d", len(left), refused, limit, clients*each-limit)
	}
	for n := range limit { // nobody was told the same number as another
		if left[strconv.Itoa(n)] != 1 {
			t.Errorf("%d clients were told that %d requests are left", left[strconv.Itoa(n)], n)
		}
	}
}

// from sends a request of the credential from an address of this host, of which there are many.
func (s *server) from(address, method, path, body string, who credential) reply {
	s.t.Helper()
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	client := &http.Client{Transport: &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true}}
	return s.sendBy(client, method, path, strings.NewReader(body), who)
}

// TestTheRightPasswordGetsInWhileAnotherAddressGuesses, by all roads, however many guesses there are meanwhile.
func TestTheRightPasswordGetsInWhileAnotherAddressGuesses(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.make("users", `{"name":"ann","password":"anns password"}`)
	right, wrong := `{"login":"ann","password":"anns password"}`, `{"login":"ann","password":"guess"}`
	for range 5 {
		s.from("127.0.0.2", "POST", "/api/sys/tokens", wrong, nobody).failed(t, 401)
	}
	s.from("127.0.0.2", "POST", "/api/sys/tokens", right, nobody).failed(t, 429)
	done := make(chan struct{})
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					s.from("127.0.0.2", "POST", "/api/sys/tokens", wrong, nobody)
				}
			}
		})
	}
	for range 10 {
		s.from("127.0.0.3", "POST", "/api/sys/tokens", right, nobody).must(t, 200)
		s.from("127.0.0.3", "GET", "/api/v4/users/2", "", basic("ann", "anns password")).must(t, 200)
	}
	close(done)
	group.Wait()
	s.from("127.0.0.2", "POST", "/api/sys/tokens", right, nobody).failed(t, 429)
	s.from("127.0.0.4", "POST", "/api/sys/tokens", right, nobody).must(t, 200)
}

// TestARevokedKeyIsRefusedAtOnce: of the requests that many clients keep sending, none that begins after the answer to the revocation gets
// through.
func TestARevokedKeyIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.setting("rate_limit_per_hour", "0")
	for what, revoke := range map[string]func(row string) reply{
		"deleted": func(row string) reply { return s.send("DELETE", "/api/v4/user_api_keys/"+row, nil) },
		"expired": func(row string) reply {
			return s.put("/api/v4/user_api_keys/"+row, `{"expires_type":"date","expires":1}`)
		},
		"denied here": func(row string) reply {
			return s.put("/api/v4/user_api_keys/"+row, `{"ip_deny_list":"127.0.0.0/8"}`)
		},
	} {
		made := s.post("/api/v4/user_api_keys", `{"name":"`+what+`"}`).must(t, 201).object(t)
		key := bearer(made["key"].(string))
		var revoked atomic.Bool
		var served, late atomic.Int64
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				for after := 0; after < 5; {
					began := revoked.Load()
					r := s.send("GET", "/api/v4/system", nil, key)
					switch {
					case !began && r.status == 200:
						served.Add(1)
					case began && r.status != 401:
						late.Add(1)
					}
					if began {
						after++
					}
				}
			})
		}
		for served.Load() < 50 {
			runtime.Gosched()
		}
		revoke(made["$key"].(string)).must(t, 200)
		revoked.Store(true)
		group.Wait()
		if late.Load() > 0 {
			t.Errorf("%s: %d requests were served afterwards", what, late.Load())
		}
	}
}

// TestAllowWinsOverDeny: who is in both lists may enter, and a list of the allowed shuts out everybody else.
func TestAllowWinsOverDeny(t *testing.T) {
	t.Parallel()
	s := start(t)
	for lists, want := range map[string][3]int{ // the statuses of 127.0.0.2, .3 and .4
		`"ip_deny_list":"127.0.0.2"`:                                   {401, 200, 200},
		`"ip_allow_list":"127.0.0.2, 127.0.0.3"`:                       {200, 200, 401},
		`"ip_allow_list":"127.0.0.2","ip_deny_list":"127.0.0.0/8"`:     {200, 401, 401},
		`"ip_allow_list":"127.0.0.2/31","ip_deny_list":"127.0.0.2"`:    {200, 200, 401},
		`"ip_allow_list":"10.0.0.0/8","ip_deny_list":"192.168.0.0/16"`: {401, 401, 401},
	} {
		key := bearer(s.post("/api/v4/user_api_keys", `{"name":"k",`+lists+`}`).must(t, 201).object(t)["key"].(string))
		for i, status := range want {
			address := fmt.Sprint("127.0.0.", 2+i)
			if r := s.from(address, "GET", "/api/v4/system", "", key); r.status != status {
				t.Errorf("%s from %s: %d, want %d", lists, address, r.status, status)
			}
		}
	}
}

// TestAFeedTakesOneRequest: that its credential is looked at again and again counts for nothing, and a limit that is used up doesn't end it.
func TestAFeedTakesOneRequest(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.setting("rate_limit_per_hour", "3")
	key := bearer(s.post("/api/v4/user_api_keys", `{"name":"k"}`).must(t, 201).object(t)["key"].(string))
	f := s.follow("/api/v4/vms?watch=1&fields=name", "", nobody, key)
	look := func(name string) {
		t.Helper()
		for n := s.rechecks.Load(); s.rechecks.Load() < n+1; {
			s.put("/api/v4/users/1", `{"displayname":"`+rand.Text()+`"}`).must(t, 200)
		}
		s.make("vms", `{"name":"`+name+`"}`)
		if e := f.event(); !strings.Contains(e, name) {
			t.Errorf("after a look at the key: %s", e)
		}
	}
	look("first")
	look("second")
	for n := range 2 {
		s.send("GET", "/api/v4/system", nil, key).must(t, 200)
		look(fmt.Sprint("after-", n))
	}
	s.send("GET", "/api/v4/system", nil, key).failed(t, 429)
	look("used-up")
}

func TestGuessesWait(t *testing.T) {
	t.Parallel()
	s := start(t)
	for range 5 {
		s.send("GET", "/api/v4/system", nil, basic("admin", "wrong")).failed(t, 401)
	}
	for what, r := range map[string]reply{
		"Basic": s.get("/api/v4/system"),
		"login": s.send("POST", "/api/sys/tokens", strings.NewReader(fmt.Sprintf(`{"login":"admin","password":%q}`, adminPassword)), nobody),
	} {
		if text := r.failed(t, 429); !regexp.MustCompile(`try again in [1-5] seconds$`).MatchString(text) {
			t.Errorf("%s: %s", what, text)
		}
		r.later(t, 5)
	}
}

func TestSecondFactorByTheAPI(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.make("users", `{"name":"ann","password":"anns password"}`)
	session := s.login(t, `{"login":"ann","password":"anns password"}`).must(t, 200).object(t)["$key"].(string)
	own := header("x-yottabyte-token", session)
	response := func(action, body string) map[string]any {
		t.Helper()
		m, ok := s.send("PUT", "/api/v4/users/2?action="+action, strings.NewReader(body), own).must(t, 200).object(t)["response"].(map[string]any)
		if !ok {
			t.Fatalf("%s: no response", action)
		}
		return m
	}
	secret := response("two_factor_setup", `{}`)["secret"].(string)
	code := func(step int) string {
		code, err := totp.GenerateCode(secret, time.Now().Add(time.Duration(step)*30*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	recovery := strings.Fields(response("two_factor_confirm", fmt.Sprintf(`{"code":%q}`, code(0)))["recovery_codes"].(string))
	if text := s.login(t, `{"login":"ann","password":"anns password"}`).failed(t, 401); !strings.Contains(text, "code") {
		t.Errorf("the text doesn't say that a code is needed: %s", text)
	}
	s.login(t, `{"login":"ann","password":"anns password","code":"none"}`).failed(t, 401)
	s.login(t, `{"login":"ann","password":"anns password","code":["1"]}`).failed(t, 422)
	s.login(t, fmt.Sprintf(`{"login":"ann","password":"anns password","code":%q}`, code(1))).must(t, 200)
	s.login(t, fmt.Sprintf(`{"login":"ann","password":"anns password","otp":%q}`, recovery[0])).must(t, 200)
	s.send("GET", "/api/v4/users/2", nil, basic("ann", "anns password")).failed(t, 401)
	row := s.send("GET", "/api/v4/users/2?fields=all", nil, own).must(t, 200)
	if row.object(t)["two_factor_authentication"] != true || strings.Contains(row.body, secret) || strings.Contains(row.body, "two_factor_secret") {
		t.Errorf("the row: %s", row.body)
	}
	for _, query := range []string{"fields=two_factor_secret", "filter=two_factor_secret%20bw%20'A'", "sort=two_factor_secret"} {
		if r := s.get("/api/v4/users?" + query); r.status < 400 && strings.Contains(r.body, "two_factor_secret") || r.status >= 500 || r.status == 200 && !strings.HasPrefix(query, "fields") {
			t.Errorf("%s: %d %s", query, r.status, r.body)
		}
	}
	s.send("PUT", "/api/v4/users/2?action=two_factor_off", strings.NewReader(`{}`), own).failed(t, 422)
	s.put("/api/v4/users/2?action=two_factor_off", `{}`).must(t, 200)
	s.send("GET", "/api/v4/users/2", nil, basic("ann", "anns password")).must(t, 200)
	if strings.Contains(s.log.String(), secret) || strings.Contains(s.log.String(), recovery[0]) {
		t.Error("the log holds a secret")
	}
}

// setting makes a row of settings, as the host's first pass does.
func (s *server) setting(key, value string) {
	s.t.Helper()
	err := s.db.Update(context.Background(), func(tx *store.Tx) error {
		r := schema.NewRecord(tx.Schema().Table("settings"))
		r.Key = schema.TextValue(key)
		r.Put("value", schema.TextValue(value))
		_, err := tx.Create(r, nil)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// login posts to the table of sessions.
func (s *server) login(t testing.TB, body string) reply {
	t.Helper()
	return s.send("POST", "/api/sys/tokens", strings.NewReader(body), nobody)
}
