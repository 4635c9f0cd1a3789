package scrape_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"dewpoint/internal/api/front"
	"dewpoint/internal/api/scrape"
	"dewpoint/internal/errs"
	"dewpoint/internal/perm"
)

// door lets in who it is told to.
type door struct {
	actor perm.Actor
	err   error
}

func (d door) Authenticate(context.Context, *http.Request, http.Header) (perm.Actor, error) {
	return d.actor, d.err
}

func (d door) Recheck(context.Context, *http.Request) (perm.Actor, error) { return d.actor, d.err }

type source struct{ err error }

func (s source) WriteText(_ context.Context, w io.Writer) error {
	_, _ = io.WriteString(w, "half a ")
	return s.err
}

func TestOnlyAdministratorsReadMetrics(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		door   door
		source source
		method string
		status int
	}{
		"administrator": {door{actor: perm.Actor{User: 1, Admin: true}}, source{}, "GET", 200},
		"somebody":      {door{actor: perm.Actor{User: 2}}, source{}, "GET", 403},
		"nobody":        {door{err: errs.New(errs.Unauthenticated, "login_required", "log in")}, source{}, "GET", 401},
		"a write":       {door{actor: perm.Actor{User: 1, Admin: true}}, source{}, "POST", 405},
		"broken":        {door{actor: perm.Actor{User: 1, Admin: true}}, source{errors.New("select vms")}, "GET", 500},
	} {
		log := slog.New(slog.DiscardHandler)
		h := front.Wrap(scrape.New(c.door, c.source, "text/plain"), front.Edge{}, log)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(c.method, "/metrics", nil))
		if w.Code != c.status {
			t.Errorf("%s: status %d, want %d", what, w.Code, c.status)
		}
		if (w.Body.String() == "half a ") != (c.status == 200) {
			t.Errorf("%s: %q", what, w.Body.String())
		}
	}
}
