package resource

import (
	"net/http"
	"slices"
	"strings"

	"dewpoint/internal/api/resource/compute"
	"dewpoint/internal/errs"
)

// shadowed are paths of absences that also look like a VM's id, with the verbs that would take them for one.
var shadowed = []string{"GET /virtualization/computes/backups"}

// beforeLogin are paths of absences that clients call without a credential.
var beforeLogin = []string{"POST /auth/challenge", "POST /auth/challenge/verify", "GET /auth/users/{username}/keys"}

// uploadsAbsent are paths of uploads that aren't built, of which clients ask what of TUS is served.
var uploadsAbsent = []string{"/virtualization/computes/backups/upload", "/virtualization/volumes/upload", "/containers/images/upload", "/docker/images/upload"}

// addNotBuilt answers every other path: 501 or 503 when the contract knows it, 405 when another verb would do, else 404.
func addNotBuilt(s *server) {
	for _, pattern := range []string{Prefix, Prefix + "/"} {
		s.Mux.HandleFunc(pattern, s.elsewhere)
	}
	for _, pattern := range beforeLogin {
		s.both(pattern, s.elsewhere, s.Open)
	}
	for _, pattern := range shadowed {
		s.both(pattern, s.elsewhere)
	}
	nothing := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }
	for _, path := range uploadsAbsent {
		s.both("OPTIONS "+path, nothing, s.Open)
		s.both("OPTIONS "+path+"/{id}", nothing, s.Open)
	}
}

// both serves a pattern below Prefix, in all families of paths of VMs.
func (s *server) both(pattern string, serve http.HandlerFunc, also ...func(...string)) {
	method, path, _ := strings.Cut(pattern, " ")
	for i, family := range compute.Families {
		there := strings.Replace(path, compute.Families[0].Path, family.Path, 1)
		if i > 0 && there == path {
			continue
		}
		full := method + " " + Prefix + there
		s.Mux.HandleFunc(full, serve)
		for _, f := range also {
			f(full)
		}
	}
}

func (s *server) elsewhere(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(strings.TrimSuffix(r.URL.Path, "/"), Prefix)
	for _, family := range compute.Families[1:] {
		path = strings.Replace(path, family.Path, compute.Families[0].Path, 1)
	}
	if a := find(absences, path); a != nil {
		writeError(w, r, a.err())
		return
	}
	if verbs := s.verbs(r); len(verbs) > 0 {
		w.Header().Set("Allow", strings.Join(verbs, ", "))
		writeError(w, r, errs.New(errs.NotAllowed, "method_not_allowed", "%s has no %s; it has %s", r.URL.Path, r.Method, errs.Ours(strings.Join(verbs, ", "))))
		return
	}
	writeError(w, r, errs.New(errs.NotFound, "not_found", "API endpoint not found"))
}

// verbs lists the methods that the path of r has.
func (s *server) verbs(r *http.Request) (verbs []string) {
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		probe := r.Clone(r.Context())
		probe.Method = method
		if pattern := s.Pattern(probe); strings.HasPrefix(pattern, method+" ") && !slices.Contains(shadowed, pattern) {
			verbs = append(verbs, method)
		}
	}
	return verbs
}
