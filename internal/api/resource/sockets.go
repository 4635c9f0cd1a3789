package resource

import "net/http"

// sockets are the websockets that the contract knows, none of which is built.
var sockets = []absence{
	{"/ws/events", "live events", "read the objects of this API again, or follow the changes of /api/v4/logs in the table API", ""},
	{"/ws/terminal", "terminals", "", ""},
	{"/ws/containers/exec", "a container runtime", "", noRuntime},
	{"/ws/kubernetes/pods/exec", "a Kubernetes cluster", "", noCluster},
	{"/ws/metrics", "live metrics", "the table API has them at /api/v4/machine_stats and /api/v4/nodes", ""},
	{"/ws/logs", "live logs", "the table API has Dewpoint's own log at /api/v4/logs", ""},
}

// addSockets answers below /ws. Nobody needs a credential to learn that a socket isn't there: the contract's come after the upgrade.
func addSockets(s *server) {
	for _, path := range []string{"/ws", "/ws/"} {
		s.Open(path)
		s.Mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			if a := find(sockets, r.URL.Path); a != nil {
				writeError(w, r, a.err())
				return
			}
			writeJSON(w, http.StatusNotFound, map[string]string{"error": "WebSocket endpoint not found"})
		})
	}
}
