package table_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestRefusedLoginsLookTheSame has logins refused for every reason: the replies are equal byte for byte.
func TestRefusedLoginsLookTheSame(t *testing.T) {
	t.Parallel()
	s := start(t)
	ann, bob := s.make("users", `{"name":"ann","password":"anns password"}`), s.make("users", `{"name":"bob","password":"bobs password"}`)
	s.make("users", `{"name":"carl","password":"carls password"}`)
	s.login(t, `{"login":"ann","password":"anns password"}`).must(t, 200)
	s.put("/api/v4/users/"+ann, `{"enabled":false}`).must(t, 200)
	s.put("/api/v4/users/"+bob, `{"account_locked":1}`).must(t, 200)
	want := s.login(t, `{"login":"nobody","password":"anns password"}`)
	basicWant := s.send("GET", "/api/v4/system", nil, basic("nobody", "anns password"))
	for who, password := range map[string]string{"ann": "anns password", "bob": "bobs password", "carl": "wrong"} {
		for range 2 {
			got := s.login(t, fmt.Sprintf(`{"login":%q,"password":%q}`, who, password))
			same(t, who, fmt.Sprint(want.status, want.body), fmt.Sprint(got.status, got.body))
			got = s.send("GET", "/api/v4/system", nil, basic(who, password))
			same(t, who+" by Basic", fmt.Sprint(basicWant.status, basicWant.body), fmt.Sprint(got.status, got.body))
		}
	}
}

// TestWeakPasswordsAreRefused wherever one is set, and the one that is there stays.
func TestWeakPasswordsAreRefused(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.post("/api/v4/users", `{"name":"ann","password":"x"}`).failed(t, 422)
	ann := s.make("users", `{"name":"ann","password":"anns password"}`)
	const why = `Validation error on field: 'password' - 'must have at least 8 characters'`
	same(t, "by an administrator", why, s.put("/api/v4/users/"+ann, `{"password":"x"}`).failed(t, 422))
	for _, password := range []string{"x", "password", "Password1!", "ann12345"} {
		body := fmt.Sprintf(`{"password":%q}`, password)
		s.send("PUT", "/api/v4/users/"+ann, strings.NewReader(body), basic("ann", "anns password")).failed(t, 422)
	}
	s.send("PUT", "/api/v4/users/"+ann, strings.NewReader(`{"password":"another of hers"}`), basic("ann", "anns password")).must(t, 200)
	s.login(t, `{"login":"ann","password":"another of hers"}`).must(t, 200)
}
