package table_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"regexp"
	"strconv"
	"strings"
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
	r.later(t, 3600)
	reset, err := strconv.ParseInt(r.header.Get("X-RateLimit-Reset"), 10, 64)
	if at := time.Unix(reset, 0); err != nil || !strings.HasSuffix(text, " "+at.UTC().Format(time.RFC3339)) || time.Until(at) > time.Hour+time.Second {
		t.Errorf("reset %d, %v, text %q", reset, err, text)
	}
	if r := s.get("/api/v4/system").must(t, 200); r.header.Get("X-RateLimit-Limit") != "" {
		t.Errorf("Basic is limited: %v", r.header)
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
