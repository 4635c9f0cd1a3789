package access_test

import (
	"net/http"
	"strings"
	"testing"

	"dewpoint/test/rig/v1"
)

func TestTokens(t *testing.T) {
	t.Parallel()
	a := v1.Start(t)
	if got := string(a.Get("/auth/tokens").Want(http.StatusOK).Body); !strings.Contains(got, `"data":[]`) {
		t.Errorf("an empty list is %s", got)
	}
	made := a.Post("/auth/tokens", `{"name":"ci","expires_at":null}`).Want(http.StatusOK).Check(map[string]string{"data.token_info.name": "ci", "data.token_info.username": "admin"})
	token, id := made.Text("data.token"), made.Text("data.token_info.id")
	if len(token) != 64 {
		t.Errorf("token %q hasn't 64 digits", token)
	}
	a.Post("/auth/tokens", `{"name":"short","expires_at":"2099-01-02T03:04:05Z"}`).Want(http.StatusOK).Check(map[string]string{"data.token_info.expires_at": "2099-01-02T03:04:05Z"})
	a.As(token).Get("/auth/tokens").Want(http.StatusOK).Check(map[string]string{"data.0.id": id, "data.1.name": "short"})
	a.Get("/auth/tokens/" + id).Want(http.StatusOK).Check(map[string]string{"data.name": "ci"})

	a.Update(v1.AddUser("eve"))
	eve := a.As(a.Login("eve", v1.Password))
	eve.Get("/auth/tokens/"+id).Fails(http.StatusNotFound, "NOT_FOUND")
	eve.Delete("/auth/tokens/"+id).Fails(http.StatusNotFound, "NOT_FOUND")
	a.Delete("/auth/tokens/" + id).Want(http.StatusOK)
	a.As(token).Get("/auth/tokens").Fails(http.StatusUnauthorized, "UNAUTHORIZED")
}
