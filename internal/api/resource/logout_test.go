package resource_test

import (
	"net/http"
	"testing"
)

func TestLogout(t *testing.T) {
	t.Parallel()
	a := start(t)
	first, second := a.login("admin", password), a.login("admin", password)
	fresh := a.as(first).post("/auth/refresh", "").want(http.StatusOK).text("data.token")
	key := a.as(second).post("/auth/tokens", `{"name":"robot"}`).want(http.StatusOK).text("data.token")
	a.as("").post("/auth/logout", "").fails(http.StatusUnauthorized, "UNAUTHORIZED")
	a.as(key).post("/auth/logout", "").fails(http.StatusBadRequest, "NOT_SIGNED_IN")
	a.as(first).post("/auth/logout", "").want(http.StatusOK)
	for _, token := range []string{first, fresh} {
		a.as(token).get("/auth/tokens").fails(http.StatusUnauthorized, "UNAUTHORIZED")
		a.as(token).post("/auth/refresh", "").fails(http.StatusUnauthorized, "UNAUTHORIZED")
		a.as(token).post("/auth/logout", "").fails(http.StatusUnauthorized, "UNAUTHORIZED")
	}
	a.as(second).get("/auth/tokens").want(http.StatusOK)
	a.as(key).get("/auth/tokens").want(http.StatusOK)
}
