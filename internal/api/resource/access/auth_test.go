package access_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"dewpoint/internal/engine"
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
	"dewpoint/test/rig/v1"
)

func TestLoginAndRefresh(t *testing.T) {
	t.Parallel()
	a := v1.Start(t).As("")
	first := a.Post("/auth/login", `{"username":"admin","auth_type":"password","password":"`+v1.Password+`"}`).Want(http.StatusOK)
	first.Check(map[string]string{"data.user.username": "admin", "data.user.uid": "1", "data.user.groups.0": "admin"})
	a.Get("/auth/tokens").Fails(http.StatusUnauthorized, "UNAUTHORIZED")
	a.As("nonsense").Get("/auth/tokens").Fails(http.StatusUnauthorized, "UNAUTHORIZED")
	for name, body := range map[string]string{
		"wrong password": `{"username":"admin","password":"x"}`,
		"unknown user":   `{"username":"nobody","password":"x"}`,
	} {
		t.Run(name, func(t *testing.T) {
			a.Post("/auth/login", body).Fails(http.StatusUnauthorized, "UNAUTHORIZED")
		})
	}
	fresh := a.As(first.Text("data.token")).Post("/auth/refresh", "").Want(http.StatusOK).Text("data.token")
	a.As(fresh).Get("/auth/tokens").Want(http.StatusOK)
	byBody := a.Post("/auth/refresh", `{"refresh_token":"`+fresh+`"}`).Want(http.StatusOK).Text("data.token")
	a.As(byBody).Get("/auth/tokens").Want(http.StatusOK)
	a.Post("/auth/refresh", "").Fails(http.StatusUnauthorized, "UNAUTHORIZED")
	a.As("a.b.c").Post("/auth/refresh", "").Fails(http.StatusUnauthorized, "UNAUTHORIZED")
}

func TestGuessesWait(t *testing.T) {
	t.Parallel()
	a := v1.Start(t).As("")
	for range 5 {
		a.Post("/auth/login", `{"username":"admin","password":"x"}`).Fails(http.StatusUnauthorized, "UNAUTHORIZED")
	}
	r := a.Post("/auth/login", `{"username":"admin","password":"`+v1.Password+`"}`)
	r.Fails(http.StatusTooManyRequests, "TOO_MANY_ATTEMPTS")
	r.InSeconds("Retry-After", 5)
}

func TestLoginWithASecondFactor(t *testing.T) {
	t.Parallel()
	a := v1.Start(t).As("")
	ctx := perm.WithActor(context.Background(), perm.Actor{User: 1, Name: "admin", Admin: true})
	made, err := a.Engine.Act(ctx, "users", "1", "two_factor_setup", schema.Input{})
	v1.Must(t, err)
	code := func(step int) string {
		code, err := totp.GenerateCode(made.Response["secret"], time.Now().Add(time.Duration(step)*30*time.Second))
		v1.Must(t, err)
		return code
	}
	_, err = a.Engine.Act(ctx, "users", "1", "two_factor_confirm", schema.Input{"code": engine.Text(code(0))})
	v1.Must(t, err)
	login := `{"username":"admin","password":"` + v1.Password + `"`
	a.Post("/auth/login", login+`}`).Fails(http.StatusUnauthorized, "CODE_REQUIRED")
	a.Post("/auth/login", login+`,"code":"no code"}`).Fails(http.StatusUnauthorized, "UNAUTHORIZED")
	last := code(1)
	token := a.Post("/auth/login", login+`,"otp":"`+last+`"}`).Want(http.StatusOK).Text("data.token")
	a.As(token).Get("/auth/tokens").Want(http.StatusOK)
	a.Post("/auth/login", login+`,"code":"`+last+`"}`).Fails(http.StatusUnauthorized, "UNAUTHORIZED")
}
