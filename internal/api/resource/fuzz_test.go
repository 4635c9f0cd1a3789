package resource_test

import (
	"net/http"
	"net/url"
	"testing"

	"dewpoint/test/rig/v1"
)

// FuzzRequests sends bodies and ids that no client would: the server has no failure of its own to show for it.
func FuzzRequests(f *testing.F) {
	a, _ := v1.StartWithVM(f)
	f.Add("box", `{"name":"a","memory":256,"vcpus":1,"storage":{"disks":[{"action":"attach","path":"box.iso"}]},"networks":[{"source":"lan"}],"graphics":{"type":"vnc"}}`)
	f.Add("a/b", `{"name":"n","ip_range":{"address":"10.0.0.1","netmask":"24"},"dhcp":{"hosts":[{"mac":"52:54:00:00:00:01","ip":"10.0.0.2"}]}}`)
	f.Add("\x00\xff", `[[[{"a":null}]]]`)
	f.Add("..", `{"action":"start","force":1e99,"memory":-1}`)
	f.Add("' or 1=1", "\xff")
	f.Fuzz(func(t *testing.T, id, body string) {
		if id == "" || id == "." || id == ".." {
			return // the client tidies these paths up
		}
		b := *a
		b.T = t
		id = url.PathEscape(id)
		for _, c := range []struct{ method, path string }{
			{"POST", "/virtualization/computes"},
			{"GET", "/virtualization/computes/" + id},
			{"PUT", "/virtualization/computes/box"},
			{"POST", "/virtualization/computes/box/action"},
			{"POST", "/virtualization/networks"},
			{"PUT", "/virtualization/networks/lan"},
			{"GET", "/virtualization/networks/" + id},
			{"GET", "/virtualization/isos/" + id},
			{"GET", "/virtualization/isos/upload/" + id},
			{"GET", "/auth/tokens/" + id},
			{"POST", "/auth/tokens"},
			{"GET", "/" + id},
		} {
			r := b.Do(c.method, c.path, body)
			if r.Status >= http.StatusInternalServerError && r.Status != http.StatusNotImplemented {
				t.Errorf("%s %s: status %d: %s", c.method, c.path, r.Status, r.Body)
			}
			if r.Status >= http.StatusBadRequest {
				r.Want(r.Status)
			}
		}
	})
}
