package resource_test

import (
	"net/http"
	"strings"
	"testing"

	"dewpoint/test/rig/v1"
)

// A body that lacks something is not repeated to who sent it: it ends in logs and tickets, and a login's body has a password.
func TestRefusedBodiesAreNotRepeated(t *testing.T) {
	t.Parallel()
	nobody := v1.Start(t).As("")
	for _, body := range []string{`{"password":"hush-hush"}`, `{"username":1,"password":"hush-hush"}`, `{"username":"admin","password":["hush-hush"]}`} {
		r := nobody.Post("/auth/login", body)
		r.Fails(http.StatusBadRequest, "VALIDATION_ERROR")
		if strings.Contains(string(r.Body), "hush-hush") {
			t.Errorf("%s is answered with %s", body, r.Body)
		}
	}
}
