package web

import (
	"encoding/json"
	"net/http"
	"strings"
)

// Site serves the web UI, and answers every path that nothing else has: a path below /api is none of the UI's, whatever else it may be.
func Site() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		switch {
		case r.URL.Path == "/api" || strings.HasPrefix(r.URL.Path, "/api/"):
			missingAPI(w, r.URL.Path)
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			w.Header().Set("Allow", "GET")
			http.Error(w, "only GET is possible here", http.StatusMethodNotAllowed)
		case strings.HasPrefix(r.URL.Path, "/assets/"):
			asset(w, r)
		case r.URL.Path == "/licences.txt":
			http.ServeFileFS(w, r, built, "ui/licences.txt")
		default:
			page(w)
		}
	})
}

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
