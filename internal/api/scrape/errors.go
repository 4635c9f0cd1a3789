package scrape

import (
	"net/http"

	"dewpoint/internal/api/front"
	"dewpoint/internal/errs"
)

var statuses = map[errs.Kind]int{
	errs.Unauthenticated: http.StatusUnauthorized,
	errs.Denied:          http.StatusForbidden,
	errs.NotAllowed:      http.StatusMethodNotAllowed,
	errs.TooMany:         http.StatusTooManyRequests,
	errs.Unavailable:     http.StatusServiceUnavailable,
}

// fail answers in plain text, which Prometheus shows with its targets.
func fail(w http.ResponseWriter, r *http.Request, err error) {
	status, known := statuses[errs.KindOf(err)]
	text := "internal error; the log has more under request id " + front.Of(r.Context()).ID
	if e := errs.Public(err); e != nil {
		text = e.Text
	}
	if !known {
		status = http.StatusInternalServerError
	}
	if e := errs.As(err); e != nil {
		front.RetryAfter(w.Header(), e.Wait)
	}
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="dewpoint"`)
	}
	if status == http.StatusInternalServerError {
		front.Of(r.Context()).Log.Error("metrics could not be read", "err", errs.Logged(err))
	}
	http.Error(w, text, status)
}
