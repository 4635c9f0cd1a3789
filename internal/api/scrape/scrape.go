// Package scrape serves metrics to Prometheus, at /metrics. Only administrators read them: they tell of everybody's machines.
package scrape

import (
	"bytes"
	"context"
	"io"
	"net/http"

	"dewpoint/internal/api/front"
	"dewpoint/internal/errs"
	"dewpoint/internal/perm"
)

// Path is where Prometheus looks by itself.
const Path = "/metrics"

// Source has the metrics. It asks nobody's permission.
type Source interface {
	WriteText(ctx context.Context, w io.Writer) error
}

// New returns the handler of Path; kind is the content type of what the source writes.
func New(auth front.Authenticator, source Source, kind string) http.Handler {
	return front.Authenticated(auth, fail)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !perm.ActorOf(r.Context()).Admin {
			fail(w, r, errs.New(errs.Denied, "denied", "only administrators can read metrics"))
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", http.MethodGet)
			fail(w, r, errs.New(errs.NotAllowed, "not_allowed", "metrics can only be read"))
			return
		}
		var page bytes.Buffer // whole, so that a failure isn't half a page
		if err := source.WriteText(r.Context(), &page); err != nil {
			fail(w, r, err)
			return
		}
		w.Header().Set("Content-Type", kind)
		w.Header().Set("Cache-Control", "no-store")
		_, _ = page.WriteTo(w) // the reader has gone
	}))
}
