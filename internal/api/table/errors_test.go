package table

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"dewpoint/internal/api/front"
	"dewpoint/internal/errs"
)

// answer runs a handler that fails with err, inside the front.
func answer(err error) (*httptest.ResponseRecorder, string) {
	var log bytes.Buffer
	w := httptest.NewRecorder()
	h := front.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fail(w, r, err) }), front.Edge{}, slog.New(slog.NewTextHandler(&log, nil)))
	r := httptest.NewRequest("GET", "/api/v4/vms", nil)
	r.Header.Set("X-Request-Id", "req-1")
	h.ServeHTTP(w, r)
	return w, log.String()
}

func TestStatusOfEveryKind(t *testing.T) {
	t.Parallel()
	for kind, status := range map[errs.Kind]int{
		errs.Internal: 500, errs.Malformed: 400, errs.Unauthenticated: 401, errs.Denied: 403, errs.NotFound: 404, errs.NotAllowed: 405, errs.Conflict: 409,
		errs.Invalid: 422, errs.TooLarge: 413, errs.TooMany: 429, errs.Unavailable: 503, errs.NotBuilt: 501, errs.Full: 507, errs.Stale: 412,
	} {
		w, _ := answer(fmt.Errorf("vm 1: %w", errs.New(kind, "code", "what <happened>")))
		if w.Code != status {
			t.Errorf("%s: status %d, want %d", kind, w.Code, status)
		}
		if kind != errs.Internal && w.Body.String() != `{"err":"what \u003chappened\u003e"}` {
			t.Errorf("%s: body %s", kind, w.Body)
		}
	}
}

func TestInternalErrorsStayInside(t *testing.T) {
	t.Parallel()
	for _, err := range []error{
		errors.New("open /var/lib/secret: denied"), fmt.Errorf("reading: %w", errors.New("SELECT /var/lib/secret")),
		errs.New(errs.Internal, "defect", "column /var/lib/secret"),
	} {
		w, log := answer(err)
		if strings.Contains(w.Body.String(), "secret") || !strings.Contains(w.Body.String(), "req-1") {
			t.Errorf("the client reads %s", w.Body)
		}
		if !strings.Contains(log, "/var/lib/secret") || !strings.Contains(log, "request=req-1") {
			t.Errorf("the log reads %s", log)
		}
	}
	w, log := answer(errs.Wrap(errors.New("dial /run/secret"), errs.Unavailable, "libvirt_down", "libvirt does not answer"))
	if w.Body.String() != `{"err":"libvirt does not answer"}` || !strings.Contains(log, "dial /run/secret") {
		t.Errorf("body %s, log %s", w.Body, log)
	}
	if _, log := answer(context.Canceled); log == "" {
		t.Error("a cancelled call inside a live request must be logged")
	}
}
