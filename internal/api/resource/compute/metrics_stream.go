package compute

import (
	"net/http"
	"strconv"
	"time"

	"dewpoint/internal/api/resource/frame"
	"dewpoint/internal/api/ws"
	"dewpoint/internal/errs"
)

// How often metrics are sent, unless a client says otherwise, and what it may say.
const (
	metricsInterval = 5 * time.Second
	leastInterval   = time.Second
	mostInterval    = time.Hour
)

func addMetricsStream(s *service, f Family) {
	o := f.operation("stream-vm-metrics", http.MethodGet, "/{id}/metrics/stream", "Follow what a virtual machine uses, by a websocket: a frame with its metrics every few seconds")
	s.Handle(o, http.HandlerFunc(s.streamMetrics), frame.Wire{
		Params: []frame.Param{{Name: "id", In: "path", Required: true}, {Name: "interval", In: "query"}}, Replies: []frame.Reply{
			{Status: "101", Text: "a websocket"},
			{Status: "400", Text: "the request is not for a websocket, or the interval isn't a number of seconds", Type: "application/json"},
			{Status: "403", Text: "pages of this origin may not look", Type: "application/json"},
			{Status: "404", Text: "there is no such virtual machine", Type: "application/json"},
		},
	})
}

// streamMetrics sends what is known now, and then again and again. Rights are asked for each time, as by any read.
func (s *service) streamMetrics(w http.ResponseWriter, r *http.Request) {
	every, err := intervalOf(r)
	if err != nil {
		refuse(w, http.StatusBadRequest, "INVALID_REQUEST", err.Error())
		return
	}
	first, err := s.metrics(r.Context(), r.PathValue("id"))
	switch {
	case errs.Is(err, errs.NotFound):
		refuse(w, http.StatusNotFound, "VM_NOT_FOUND", errs.Shown(err))
		return
	case err != nil:
		refuse(w, http.StatusForbidden, "FORBIDDEN", errs.Shown(err))
		return
	case !ws.Wanted(r):
		refuse(w, http.StatusBadRequest, "UPGRADE_FAILED", "this address is for a websocket")
		return
	}
	conn, err := ws.Accept(w, r)
	if errs.Is(err, errs.Denied) {
		refuse(w, http.StatusForbidden, "UNAUTHORIZED", err.Error())
	}
	if err != nil {
		return
	}
	sent := false
	ws.Feed(r.Context(), conn, every, func() (any, error) {
		if !sent {
			sent = true
			return first, nil
		}
		m, err := s.metrics(r.Context(), r.PathValue("id"))
		return m, err
	})
}

func intervalOf(r *http.Request) (time.Duration, error) {
	text := r.URL.Query().Get("interval")
	if text == "" {
		return metricsInterval, nil
	}
	seconds, err := strconv.Atoi(text)
	if every := time.Duration(seconds) * time.Second; err == nil && every >= leastInterval && every <= mostInterval {
		return every, nil
	}
	return 0, errs.New(errs.Invalid, "invalid_interval", "interval must be a number of seconds from 1 to 3600").On("interval")
}
