package resource

import (
	"net/http"
	"slices"
	"strings"

	"dewpoint/internal/api/resource/compute"
	"dewpoint/internal/errs"
)

// notBuilt lists what the contract knows below Prefix and Dewpoint doesn't have, with what it is called. {} stands for one segment.
var notBuilt = []struct{ path, what string }{
	{"/auth/challenge", "login by SSH challenge"},
	{"/auth/users/{}/keys", "the list of SSH keys"},
	{"/virtualization/computes/backups", "backups"},
	{"/virtualization/computes/restore", "backups"},
	{"/virtualization/computes/templates", "templates"},
	{"/virtualization/computes/from-template", "templates"},
	{"/virtualization/computes/clone", "clones"},
	{"/virtualization/computes/pci-devices", "PCI devices"},
	{"/virtualization/computes/create-enhanced", "create-enhanced (computes takes the same body)"},
	{"/virtualization/computes/{}/snapshots", "snapshots"},
	{"/virtualization/computes/{}/backups", "backups"},
	{"/virtualization/computes/{}/clone", "clones"},
	{"/virtualization/computes/{}/template", "templates"},
	{"/virtualization/computes/{}/migrate", "migration"},
	{"/virtualization/computes/{}/migration", "migration"},
	{"/virtualization/computes/{}/hotplug", "hotplug"},
	{"/virtualization/computes/{}/hotunplug", "hotplug"},
	{"/virtualization/computes/{}/metrics", "metrics of VMs"},
	{"/virtualization/computes/{}/network-link", "the link state of cards"},
	{"/virtualization/computes/{}/console", "consoles"},
	{"/virtualization/computes/{}/consoles", "consoles"},
	{"/virtualization/computes/{}/pci-devices", "PCI devices"},
	{"/virtualization/storages", "storage pools"},
	{"/virtualization/volumes", "volumes"},
	{"/virtualization/capabilities", "capabilities"},
	{"/virtualization/os-variants", "the list of OS variants"},
	{"/system", "the host's system facts"},
	{"/network", "the host's network"},
	{"/storage", "the host's storage"},
	{"/users", "the host's users"},
	{"/logs", "the host's logs"},
	{"/terminal", "terminals"},
	{"/docker", "Docker"},
	{"/containers", "containers"},
	{"/kubernetes", "Kubernetes"},
	{"/helm", "Helm"},
	{"/ansible", "Ansible"},
}

// shadowed are paths of the list above that also look like a VM's id, with the verbs that would take them for one.
var shadowed = []string{"GET /virtualization/computes/backups", "GET /virtualization/computes/templates", "GET /virtualization/computes/pci-devices"}

// beforeLogin are paths of the list above that clients call without a credential.
var beforeLogin = []string{"POST /auth/challenge", "POST /auth/challenge/verify", "GET /auth/users/{username}/keys"}

// addNotBuilt answers every other path: 501 when the contract knows it, 405 when another verb would do, else 404.
func addNotBuilt(s *server) {
	for _, pattern := range []string{Prefix, Prefix + "/"} {
		s.Mux.HandleFunc(pattern, s.elsewhere)
	}
	for _, pattern := range beforeLogin {
		method, path, _ := strings.Cut(pattern, " ")
		s.Open(method + " " + Prefix + path)
		s.Mux.HandleFunc(method+" "+Prefix+path, s.elsewhere)
	}
	for _, pattern := range shadowed {
		method, path, _ := strings.Cut(pattern, " ")
		for _, family := range compute.Families {
			s.Mux.HandleFunc(method+" "+Prefix+strings.Replace(path, compute.Families[0].Path, family.Path, 1), s.elsewhere)
		}
	}
}

func (s *server) elsewhere(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(strings.TrimSuffix(r.URL.Path, "/"), Prefix)
	for _, family := range compute.Families[1:] {
		path = strings.Replace(path, family.Path, compute.Families[0].Path, 1)
	}
	for _, n := range notBuilt {
		if below(path, n.path) {
			writeError(w, r, errs.New(errs.NotBuilt, "not_built", "Dewpoint doesn't have %s in this API yet", errs.Ours(n.what)))
			return
		}
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
		if _, pattern := s.Mux.Handler(probe); strings.HasPrefix(pattern, method+" ") && !slices.Contains(shadowed, pattern) {
			verbs = append(verbs, method)
		}
	}
	return verbs
}

// below reports whether a path is the pattern or lies under it.
func below(path, pattern string) bool {
	have, want := strings.Split(path, "/"), strings.Split(pattern, "/")
	if len(have) < len(want) {
		return false
	}
	for i := range want {
		if want[i] != "{}" && want[i] != have[i] {
			return false
		}
	}
	return true
}
