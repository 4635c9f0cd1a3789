package resource_test

import (
	"net/http"
	"strings"
	"testing"
)

// A body that lacks something is not repeated to who sent it: it ends in logs and tickets, and a login's body has a password.
func TestRefusedBodiesAreNotRepeated(t *testing.T) {
	t.Parallel()
	nobody := start(t).as("")
	for _, body := range []string{`{"password":"hush-hush"}`, `{"username":1,"password":"hush-hush"}`, `{"username":"admin","password":["hush-hush"]}`} {
		r := nobody.post("/auth/login", body)
		r.fails(http.StatusBadRequest, "INVALID_REQUEST")
		if strings.Contains(string(r.Body), "hush-hush") {
			t.Errorf("%s is answered with %s", body, r.Body)
		}
	}
}
