package resource_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"dewpoint/test/hostile"
	"dewpoint/test/rig/v1"
)

// TestErrorsRepeatLittle puts huge texts into paths, queries, headers and each member of bodies.
func TestErrorsRepeatLittle(t *testing.T) {
	t.Parallel()
	a := v1.Start(t)
	text := hostile.Text
	for _, method := range []string{"GET", "PUT", "DELETE", "POST", "PATCH"} {
		for _, path := range []string{"/", "/virtualization/computes/", "/virtualization/computes/x/", "/virtualization/networks/", "/virtualization/isos/", "/virtualization/isos/upload/", "/auth/tokens/", "/docker/", "/storage/pools/"} {
			repeats(a, a.Do(method, path+text, ""), "path", method, path)
		}
	}
	for _, path := range []string{"/virtualization/computes", "/virtualization/isos", "/virtualization/networks", "/auth/tokens"} {
		for _, name := range []string{"limit", "offset", "page", "search", "sort", "force", "status", text} {
			for _, value := range []string{text, hostile.Number} {
				repeats(a, a.Get(path+"?"+name+"="+value), "query", path, name)
			}
		}
	}
	for _, name := range []string{"Authorization", "Content-Type", "Cookie", "Idempotency-Key", "Upload-Metadata", "Upload-Length", "Tus-Resumable", "Accept"} {
		for _, value := range []string{text, "Bearer " + text, "filename " + text, hostile.Number} {
			for _, path := range []string{"/virtualization/computes", "/virtualization/isos/upload", "/auth/login"} {
				req, err := http.NewRequest("POST", a.URL+"/api/v1"+path, strings.NewReader(`{}`))
				v1.Must(t, err)
				req.Header.Set("Authorization", "Bearer "+a.Token)
				req.Header.Set("Tus-Resumable", "1.0.0")
				req.Header.Set(name, value)
				repeats(a, a.Send(req), "header", path, name)
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
			repeats(a, a.Post(path, value), "body", path, value[:12])
			repeats(a, a.Post(path, `{"`+text+`":`+value+`}`), "the name of a member", path, value[:12])
			for _, name := range names {
				repeats(a, a.Post(path, `{"`+name+`":`+value+`}`), "member", path, name, value[:12])
				repeats(a, a.Post(path, `{"name":"x","memory":64,"vcpus":1,"mode":"nat","`+name+`":`+value+`}`), "member of a whole body", path, name, value[:12])
			}
		}
	}
	repeats(a, a.Post("/virtualization/computes", `{`+strings.Join(slices.Collect(func(yield func(string) bool) {
		for i := range 5000 {
			if !yield(`"` + strings.Repeat("Z", 5+i%100) + string(rune('a'+i%26)) + `":1`) {
				return
			}
		}
	}), ",")+`}`), "many members")
}

// repeats checks how much of what was sent stands in an error.
func repeats(a *v1.API, r *v1.Answer, what ...string) {
	a.T.Helper()
	for i, w := range what {
		what[i] = w[:min(len(w), 40)]
	}
	text := strings.Join(what, " ")
	if r.Status >= 400 {
		for name, values := range r.Header {
			hostile.Repeats(a.T, text+": "+name, strings.Join(values, " "))
		}
		hostile.Repeats(a.T, text, string(r.Body))
	}
}
