package resource_test

import (
	"context"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"dewpoint/internal/engine"
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// inSeconds checks a header that says how many seconds something is away.
func (r *answer) inSeconds(header string, most int) {
	r.t.Helper()
	if n, err := strconv.Atoi(r.Header.Get(header)); err != nil || n < 1 || n > most {
		r.t.Errorf("%s: %s is %q, want 1 to %d", r.what, header, r.Header.Get(header), most)
	}
}

func TestRequestsOfATokenAreLimited(t *testing.T) {
	t.Parallel()
	a := start(t)
	must(t, a.db.Update(context.Background(), func(tx *store.Tx) error {
		r := schema.NewRecord(tx.Schema().Table("settings"))
		r.Key = schema.TextValue("rate_limit_per_hour")
		r.Put("value", schema.TextValue("2"))
		_, err := tx.Create(r, nil)
		return err
	}))
	limited := a.as(a.post("/auth/tokens", `{"name":"ci"}`).want(http.StatusOK).text("data.token"))
	for _, left := range []string{"1", "0"} {
		if r := limited.get("/auth/tokens").want(http.StatusOK); r.Header.Get("X-RateLimit-Remaining") != left || r.Header.Get("X-RateLimit-Limit") != "2" {
			t.Errorf("%s left: %v", left, r.Header)
		}
	}
	r := limited.get("/auth/tokens")
	r.fails(http.StatusTooManyRequests, "RATE_LIMITED")
	r.inSeconds("Retry-After", 3600)
	if reset, err := strconv.ParseInt(r.Header.Get("X-RateLimit-Reset"), 10, 64); err != nil || time.Until(time.Unix(reset, 0)) > time.Hour+time.Second {
		t.Errorf("reset %v, %v", reset, err)
	}
	if r := a.get("/auth/tokens").want(http.StatusOK); r.Header.Get("X-RateLimit-Limit") != "" {
		t.Errorf("a JWT is limited: %v", r.Header)
	}
}

func TestGuessesWait(t *testing.T) {
	t.Parallel()
	a := start(t).as("")
	for range 5 {
		a.post("/auth/login", `{"username":"admin","password":"x"}`).fails(http.StatusUnauthorized, "UNAUTHORIZED")
	}
	r := a.post("/auth/login", `{"username":"admin","password":"`+password+`"}`)
	r.fails(http.StatusTooManyRequests, "TOO_MANY_ATTEMPTS")
	r.inSeconds("Retry-After", 5)
}

func TestLoginWithASecondFactor(t *testing.T) {
	t.Parallel()
	a := start(t).as("")
	ctx := perm.WithActor(context.Background(), perm.Actor{User: 1, Name: "admin", Admin: true})
	made, err := a.eng.Act(ctx, "users", "1", "two_factor_setup", schema.Input{})
	must(t, err)
	code := func(step int) string {
		code, err := totp.GenerateCode(made.Response["secret"], time.Now().Add(time.Duration(step)*30*time.Second))
		must(t, err)
		return code
	}
	_, err = a.eng.Act(ctx, "users", "1", "two_factor_confirm", schema.Input{"code": engine.Text(code(0))})
	must(t, err)
	login := `{"username":"admin","password":"` + password + `"`
	a.post("/auth/login", login+`}`).fails(http.StatusUnauthorized, "CODE_REQUIRED")
	a.post("/auth/login", login+`,"code":"no code"}`).fails(http.StatusUnauthorized, "UNAUTHORIZED")
	last := code(1)
	token := a.post("/auth/login", login+`,"otp":"`+last+`"}`).want(http.StatusOK).text("data.token")
	a.as(token).get("/auth/tokens").want(http.StatusOK)
	a.post("/auth/login", login+`,"code":"`+last+`"}`).fails(http.StatusUnauthorized, "UNAUTHORIZED")
}
