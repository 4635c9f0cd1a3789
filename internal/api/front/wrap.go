package front

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"
)

// Wrap gives every request of h an id (the client's X-Request-Id if it is a decent one) and a line in the access log, and answers a panic
// with 500. Edge says whose word counts for where requests come from, and which web pages may call.
func Wrap(h http.Handler, edge Edge, log *slog.Logger) http.Handler {
	h = edge.crossOrigin(plain(h))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		call := newCall(r, edge, log)
		w.Header().Set("X-Request-Id", call.ID)
		careful(w.Header())
		rec := &recorder{ResponseWriter: w}
		defer func() {
			cause := recover()
			if cause != nil && cause != http.ErrAbortHandler {
				call.Log.Error("a request panicked", "path", loggedPath(r), "panic", fmt.Sprint(cause), "stack", string(debug.Stack()))
				rec.apologise(call.ID)
			}
			call.access(r, rec, time.Since(start))
			if cause != nil && (cause == http.ErrAbortHandler || rec.cut) {
				panic(http.ErrAbortHandler) // the client must not take a reply that broke off for a whole one
			}
		}()
		r = r.WithContext(context.WithValue(r.Context(), callKey{}, call))
		edge.locate(r)
		h.ServeHTTP(rec, r)
	})
}

// access writes the request's line: changes at Info, reads at Debug.
func (c *Call) access(r *http.Request, rec *recorder, took time.Duration) {
	level := slog.LevelInfo
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		level = slog.LevelDebug
	}
	if !c.Log.Enabled(r.Context(), level) {
		return
	}
	c.Log.Log(r.Context(), level, "served", "method", r.Method, "path", loggedPath(r), "query", loggedQuery(r.URL.RawQuery),
		"status", rec.code(), "bytes", rec.bytes, "ms", took.Milliseconds(), "address", c.Address, "actor", c.user)
}

// apologise answers a request that panicked, in a body that clients of both dialects can read, or cuts the reply off if it has begun.
func (r *recorder) apologise(id string) {
	if r.status != 0 {
		r.cut = true
		return
	}
	answer(r, http.StatusInternalServerError, "INTERNAL_ERROR", "internal error; the log has more under request id "+id)
}

// answer refuses a request before a dialect has it, in a body that clients of both can read.
func answer(w http.ResponseWriter, status int, code, text string) {
	body, err := json.Marshal(map[string]any{
		"err": text, "status": "error", "data": nil, "error": map[string]string{"code": code, "message": text},
	})
	if err != nil { // strings always marshal
		panic(err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(body) // nobody is left to tell when it fails
}
