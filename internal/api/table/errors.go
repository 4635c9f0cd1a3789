package table

import (
	"context"
	"errors"
	"net/http"

	"dewpoint/internal/api/front"
	"dewpoint/internal/errs"
)

// statusOf is the one place where this dialect's status codes stand.
func statusOf(kind errs.Kind) int {
	switch kind {
	case errs.Malformed:
		return http.StatusBadRequest
	case errs.Unauthenticated:
		return http.StatusUnauthorized
	case errs.Denied:
		return http.StatusForbidden
	case errs.NotFound:
		return http.StatusNotFound
	case errs.NotAllowed:
		return http.StatusMethodNotAllowed
	case errs.Conflict:
		return http.StatusConflict
	case errs.Stale:
		return http.StatusPreconditionFailed
	case errs.TooLarge:
		return http.StatusRequestEntityTooLarge
	case errs.Invalid:
		return http.StatusUnprocessableEntity
	case errs.TooMany:
		return http.StatusTooManyRequests
	case errs.NotBuilt:
		return http.StatusNotImplemented
	case errs.Unavailable:
		return http.StatusServiceUnavailable
	case errs.Full:
		return http.StatusInsufficientStorage
	}
	return http.StatusInternalServerError
}

// fail answers a request with an error. What isn't the client's business goes to the log only.
func fail(w http.ResponseWriter, r *http.Request, err error) {
	call := front.Of(r.Context())
	kind, text := errs.KindOf(err), "internal error; the log has more under request id "+call.ID
	if e := errs.Public(err); e != nil {
		text = e.Text
	}
	if r.Context().Err() == nil || !errors.Is(err, context.Canceled) { // a client that went away is no event
		note(call, kind, err)
	}
	if e := errs.As(err); e != nil {
		front.RetryAfter(w.Header(), e.Wait)
	}
	if kind == errs.Unauthenticated {
		// Bearer, not Basic: a browser must not ask for a password, keep it and send it with the requests of other sites.
		w.Header().Set("WWW-Authenticate", `Bearer realm="dewpoint"`)
	}
	send(w, r, statusOf(kind), failure{text})
}

// failure is the body of an error. Err is a string in all cases: some clients can't decode anything else.
type failure struct {
	Err string `json:"err"`
}

// note writes to the log what somebody may have to look at, with the causes.
func note(call *front.Call, kind errs.Kind, err error) {
	attrs := append(errs.Logged(err), "kind", kind)
	switch kind {
	case errs.Internal:
		call.Log.Error("a request failed", attrs...)
	case errs.Unavailable, errs.Full:
		call.Log.Warn("a request could not be served", attrs...)
	}
}
