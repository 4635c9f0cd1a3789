package resource

import (
	"context"
	"net/http"
	"time"
)

type health struct {
	Status  string `json:"status" enum:"healthy"`
	Time    int64  `json:"time" doc:"in seconds since 1970"`
	Version string `json:"version"`
}

func addHealth(s *server) {
	now := func() health { return health{Status: "healthy", Time: time.Now().Unix(), Version: s.Version} }
	add(s, operation{id: "health", method: http.MethodGet, path: "/health", tag: "system", summary: "Tell that the server answers", public: true},
		func(context.Context, *struct{}) (health, error) { return now(), nil })
	s.public["GET /health"] = true // where clients looked before there was a prefix
	s.mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, enveloped(now()))
	})
}
