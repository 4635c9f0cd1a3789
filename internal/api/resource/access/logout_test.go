package access_test

import (
	"net/http"
	"testing"

	"dewpoint/test/rig/v1"
)

func TestLogout(t *testing.T) {
	t.Parallel()
	a := v1.Start(t)
	first, second := a.Login("admin", v1.Password), a.Login("admin", v1.Password)
	fresh := a.As(first).Post("/auth/refresh", "").Want(http.StatusOK).Text("data.token")
	key := a.As(second).Post("/auth/tokens", `{"name":"robot"}`).Want(http.StatusOK).Text("data.token")
	a.As("").Post("/auth/logout", "").Fails(http.StatusUnauthorized, "UNAUTHORIZED")
	a.As(key).Post("/auth/logout", "").Fails(http.StatusBadRequest, "NOT_SIGNED_IN")
	a.As(first).Post("/auth/logout", "").Want(http.StatusOK)
	for _, token := range []string{first, fresh} {
		a.As(token).Get("/auth/tokens").Fails(http.StatusUnauthorized, "UNAUTHORIZED")
		a.As(token).Post("/auth/refresh", "").Fails(http.StatusUnauthorized, "UNAUTHORIZED")
		a.As(token).Post("/auth/logout", "").Fails(http.StatusUnauthorized, "UNAUTHORIZED")
	}
	a.As(second).Get("/auth/tokens").Want(http.StatusOK)
	a.As(key).Get("/auth/tokens").Want(http.StatusOK)
}
