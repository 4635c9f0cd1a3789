package contract

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"dewpoint/internal/auth/ldap/ldaptest"
	"dewpoint/test/harness"
)

// TestSignInByADirectoryAndACode has a real directory check the password and an authenticator the code, in both dialects and over a restart,
// and looks for the secrets in the files of the database.
func TestSignInByADirectoryAndACode(t *testing.T) {
	t.Parallel()
	directory := ldaptest.Start(t)
	s := harness.Start(t, "--libvirt-socket", filepath.Join(t.TempDir(), "nobody"))
	admin := s.Table()
	source := admin.Create("auth_sources", map[string]any{"name": "corp", "driver": "ldap", "settings": map[string]any{
		"url": "ldaps://" + directory.Secure, "ca": directory.CA, "base_dn": ldaptest.Base, "bind_dn": ldaptest.Reader, "bind_password": ldaptest.ReaderPassword,
	}})
	user := admin.Create("users", map[string]any{"name": "robert", "auth_source": source, "remote_name": "bob"})
	guest := &harness.Client{T: t, Base: s.URL + "/api/", HTTP: s.HTTP}
	login := func(status int, code string) (session string) {
		t.Helper()
		body := map[string]any{"login": "robert", "password": ldaptest.BobPassword}
		if code != "" {
			body["code"] = code
		}
		session, _ = guest.Must(status, "POST", "sys/tokens", body).Object()["$key"].(string)
		return session
	}
	as := func(token string) *harness.Client {
		return &harness.Client{T: t, Base: s.URL + "/api/v4/", HTTP: s.HTTP, Authorization: "Bearer " + token}
	}
	session := login(200, "")
	jwt, _ := guest.Must(200, "POST", "v1/auth/login", map[string]any{"username": "robert", "password": ldaptest.BobPassword}).Data()["token"].(string)
	as(jwt).Must(200, "GET", "users/"+user, nil)
	act := func(action string, body map[string]any) map[string]any {
		t.Helper()
		response, _ := as(session).Must(200, "PUT", "users/"+user+"?action="+action, body).Object()["response"].(map[string]any)
		return response
	}
	secret, _ := act("two_factor_setup", nil)["secret"].(string)
	code := func(steps int) string {
		t.Helper()
		text, err := totp.GenerateCode(secret, time.Now().Add(time.Duration(steps)*30*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	act("two_factor_confirm", map[string]any{"code": code(0)})
	as(jwt).Must(401, "GET", "users/"+user, nil)
	as(session).Must(200, "GET", "users/"+user, nil)
	guest.Must(401, "POST", "v1/auth/refresh", map[string]any{"refresh_token": jwt})
	s.Stop()
	for _, hidden := range []string{secret, ldaptest.ReaderPassword, ldaptest.BobPassword, session} {
		for _, path := range databaseFiles(t, s.Data) {
			if raw, err := os.ReadFile(path); err != nil || bytes.Contains(raw, []byte(hidden)) {
				t.Errorf("%s holds %q (%v)", path, hidden, err)
			}
		}
	}
	s.Run()
	as(session).Must(200, "GET", "users/"+user, nil)
	login(401, "")
	login(401, "000000")
	login(200, code(1))
	directory.Stop()
	admin.Must(200, "PUT", "users/"+user, map[string]any{"remote_name": "ann"}) // what was remembered of bob is void
	login(503, code(1))
	admin.Must(200, "GET", "auth_sources/"+source, nil)
}

func databaseFiles(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "dewpoint.db*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	return files
}
