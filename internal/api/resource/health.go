package resource

import (
	"context"
	"net/http"
	"time"

	"dewpoint/internal/api/resource/frame"
)

type health struct {
	Status  string `json:"status" enum:"healthy"`
	Time    int64  `json:"time" doc:"in seconds since 1970"`
	Version string `json:"version"`
}

func addHealth(s *server) {
	now := func() health { return health{Status: "healthy", Time: time.Now().Unix(), Version: s.version} }
	frame.Add(s.Server, frame.Operation{ID: "health", Method: http.MethodGet, Path: "/health", Tag: "system", Summary: "Check that the server answers", Public: true},
		func(context.Context, *struct{}) (health, error) { return now(), nil })
	s.Open("GET /health") // where clients looked before there was a prefix
	s.Mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, frame.Enveloped(now()))
	})
}
