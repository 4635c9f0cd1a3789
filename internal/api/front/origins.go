package front

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/rs/cors"
)

// preflightSeconds is how long browsers remember what a preflight said.
const preflightSeconds = 86400

// Headers that pages of other origins may send and read: those of the two dialects, and of resumable uploads.
var (
	sent = []string{
		"Authorization", "Content-Type", "X-Yottabyte-Token", "X-JSON-Non-Compact", "X-HTTP-Method-Override", "X-Requested-With", "X-Request-Id",
		"If-Match", "If-None-Match", "Idempotency-Key",
		"Tus-Resumable", "Upload-Length", "Upload-Offset", "Upload-Metadata", "Upload-Defer-Length", "Upload-Concat", "Upload-Checksum", "Upload-Expires",
	}
	shown = []string{
		"Location", "ETag", "Retry-After", "Warning", "X-Total-Count", "X-Request-Id", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Content-Disposition",
		"Tus-Resumable", "Tus-Version", "Tus-Extension", "Tus-Max-Size",
		"Upload-Offset", "Upload-Length", "Upload-Metadata", "Upload-Expires", "Upload-Defer-Length", "Upload-Concat",
	}
)

// crossOrigin lets web pages of the allowed origins call h, and answers their preflights, which carry no credential. Browsers are told to send no
// credentials of their own: what a page has no token for, it can't have in the name of who looks at it.
func (e Edge) crossOrigin(h http.Handler) http.Handler {
	if len(e.Origins) == 0 {
		return h
	}
	return cors.New(cors.Options{
		AllowedOrigins: slices.Clone(e.Origins),
		AllowedMethods: []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions},
		AllowedHeaders: sent, ExposedHeaders: shown, MaxAge: preflightSeconds,
	}).Handler(h)
}

// MayCall reports whether a request comes from no web page, from one of the server's own, or from one of an origin that may read replies. Browsers send
// no preflight before they open a websocket, so that its handler has to ask.
func MayCall(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	own, err := url.Parse(origin)
	if err == nil && own.Host != "" && (strings.EqualFold(own.Host, r.Host) || strings.EqualFold(own.Host, r.URL.Host)) {
		return true
	}
	origins := Of(r.Context()).origins
	return slices.Contains(origins, "*") || slices.ContainsFunc(origins, func(o string) bool { return strings.EqualFold(o, origin) })
}

// HasWord reports whether a header that is a list has the word, in whatever case.
func HasWord(h http.Header, name, word string) bool {
	return slices.ContainsFunc(list(h, name), func(s string) bool { return strings.EqualFold(s, word) })
}
