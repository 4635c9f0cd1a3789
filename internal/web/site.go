package web

import (
	"encoding/json"
	"net/http"
	"strings"
)

// Site serves the root page and answers every path that nothing else has. Version is the program's, for the root page; base tells how the client
// reached us, for examples to copy.
func Site(version string, base func(*http.Request) string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		switch {
		case r.URL.Path == "/api" || strings.HasPrefix(r.URL.Path, "/api/"):
			missingAPI(w, r.URL.Path)
		case r.URL.Path == "/site.js":
			http.ServeFileFS(w, r, scripts, "scripts/site.js")
		case r.URL.Path != "/":
			secure(w)
			render(w, http.StatusNotFound, "missing.html", struct{ Path string }{r.URL.Path})
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			w.Header().Set("Allow", "GET")
			http.Error(w, "only GET is possible here", http.StatusMethodNotAllowed)
		default:
			w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; connect-src 'self'; "+styled)
			render(w, http.StatusOK, "index.html", struct{ Host, Version string }{base(r), version})
		}
	})
}

// secure forbids scripts and frames on pages that have none.
func secure(w http.ResponseWriter) {
	w.Header().Set("Content-Security-Policy", "default-src 'none'; "+styled)
}

// styled lets a page have our style and icon, and nobody show it in a frame.
const styled = "style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'"

// missingAPI tells a program that the path belongs to neither dialect, in a body that clients of both can read.
func missingAPI(w http.ResponseWriter, path string) {
	text := "there is nothing at '" + path + "'; the APIs are at /api/v4 and /api/v1"
	body, err := json.Marshal(map[string]any{"err": text, "status": "error", "error": map[string]string{"code": "NOT_FOUND", "message": text}})
	if err != nil { // strings always marshal
		panic(err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusNotFound)
	w.Write(body)
}
