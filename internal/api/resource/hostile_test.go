package resource_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"dewpoint/test/hostile"
)

// TestErrorsRepeatLittle puts huge texts into paths, queries, headers and each member of bodies.
func TestErrorsRepeatLittle(t *testing.T) {
	t.Parallel()
	a := start(t)
	text := hostile.Text
	for _, method := range []string{"GET", "PUT", "DELETE", "POST", "PATCH"} {
		for _, path := range []string{"/", "/virtualization/computes/", "/virtualization/computes/x/", "/virtualization/networks/", "/virtualization/isos/", "/virtualization/isos/upload/", "/auth/tokens/", "/docker/", "/storage/pools/"} {
			a.repeats(a.do(method, path+text, ""), "path", method, path)
		}
	}
	for _, path := range []string{"/virtualization/computes", "/virtualization/isos", "/virtualization/networks", "/auth/tokens"} {
		for _, name := range []string{"limit", "offset", "page", "search", "sort", "force", "status", text} {
			for _, value := range []string{text, hostile.Number} {
				a.repeats(a.get(path+"?"+name+"="+value), "query", path, name)
			}
		}
	}
	for _, name := range []string{"Authorization", "Content-Type", "Cookie", "Idempotency-Key", "Upload-Metadata", "Upload-Length", "Tus-Resumable", "Accept"} {
		for _, value := range []string{text, "Bearer " + text, "filename " + text, hostile.Number} {
			for _, path := range []string{"/virtualization/computes", "/virtualization/isos/upload", "/auth/login"} {
				req, err := http.NewRequest("POST", a.URL+"/api/v1"+path, strings.NewReader(`{}`))
				must(t, err)
				req.Header.Set("Authorization", "Bearer "+a.token)
				req.Header.Set("Tus-Resumable", "1.0.0")
				req.Header.Set(name, value)
				a.repeats(a.send(req), "header", path, name)
			}
		}
	}
	members := map[string][]string{
		"/auth/login":   {"username", "password", "auth_type", "code", "otp"},
		"/auth/refresh": {"token"}, "/auth/tokens": {"name", "expires_in", "permissions"}, "/virtualization/isos": {"name", "path", "url"},
		"/virtualization/networks": {"name", "mode", "ip_range", "bridge", "autostart"},
		"/virtualization/computes": {
			"name", "memory", "vcpus", "storage", "os_type", "architecture", "machine_type", "uefi", "networks", "network", "graphics", "pci_devices", "metadata",
			"cloud_init", "disk_size", "disk_path", "iso_path", "storage_pool", "template",
		},
		"/virtualization/computes/x/action": {"action"},
	}
	for path, names := range members {
		for _, value := range hostile.Values {
			a.repeats(a.post(path, value), "body", path, value[:12])
			a.repeats(a.post(path, `{"`+text+`":`+value+`}`), "the name of a member", path, value[:12])
			for _, name := range names {
				a.repeats(a.post(path, `{"`+name+`":`+value+`}`), "member", path, name, value[:12])
				a.repeats(a.post(path, `{"name":"x","memory":64,"vcpus":1,"mode":"nat","`+name+`":`+value+`}`), "member of a whole body", path, name, value[:12])
			}
		}
	}
	a.repeats(a.post("/virtualization/computes", `{`+strings.Join(slices.Collect(func(yield func(string) bool) {
		for i := range 5000 {
			if !yield(`"` + strings.Repeat("Z", 5+i%100) + string(rune('a'+i%26)) + `":1`) {
				return
			}
		}
	}), ",")+`}`), "many members")
}

// repeats checks how much of what was sent stands in an error.
func (a *api) repeats(r *answer, what ...string) {
	a.t.Helper()
	for i, w := range what {
		what[i] = w[:min(len(w), 40)]
	}
	text := strings.Join(what, " ")
	if r.Status >= 400 {
		for name, values := range r.Header {
			hostile.Repeats(a.t, text+": "+name, strings.Join(values, " "))
		}
		hostile.Repeats(a.t, text, string(r.Body))
	}
}
