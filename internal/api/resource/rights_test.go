package resource_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"dewpoint/internal/perm"
	"dewpoint/test/rig/v1"
)

// A maker is shown what they have made, though nobody has given them the right to read it.
func TestMakersSeeWhatTheyMade(t *testing.T) {
	t.Parallel()
	a := v1.Start(t)
	vms := a.Holding("vera", "vms", 0, perm.Create)
	body := `{"name":"x","memory":256,"vcpus":1,"disk_size":1}`
	vms.Post("/virtualization/computes", body).Want(http.StatusCreated).Check(map[string]string{"data.name": "x", "data.disks.0.size": "1"})
	nets := a.Holding("nina", "vnets", 0, perm.Create)
	nets.Post("/virtualization/networks", `{"name":"two","mode":"nat","ip_range":{"address":"10.2.0.1","netmask":"24"},"dhcp":{"start":"10.2.0.9",
		"hosts":[{"mac":"52:54:00:00:00:09","ip":"10.2.0.9"}]}}`).Want(http.StatusCreated).Check(map[string]string{"data.network.dhcp.hosts.0.ip": "10.2.0.9"})
	vms.Get("/virtualization/computes/x").Fails(http.StatusNotFound, "VM_NOT_FOUND")
	nets.Post("/virtualization/networks/two/stop", "").Fails(http.StatusNotFound, "NETWORK_NOT_FOUND")
	files := a.Holding("fred", "files", 0, perm.Create)
	id := files.CreateUpload(v1.SpecPath, 3).Want(http.StatusCreated).Text("upload_id")
	files.Tus("PATCH", v1.SpecPath+"/"+id, "abc", "Upload-Offset", "0", "Content-Type", v1.Octets).Want(http.StatusNoContent)
	for range 2 {
		files.Tus("POST", v1.SpecPath+"/"+id+"/complete", "{}").Want(http.StatusOK).Check(map[string]string{"iso.name": "up.iso"})
	}
	files.Get("/virtualization/isos/"+id).Fails(http.StatusNotFound, "ISO_NOT_FOUND")
}

// With list alone what a row itself holds is shown, as in the table API. Whether it runs is a fact of another row: it is left out, not made up.
func TestListsShowNoStateThatMayNotBeRead(t *testing.T) {
	t.Parallel()
	a, _ := v1.StartWithVM(t)
	for _, running := range []bool{true, false} {
		a.Running("vms", "box", running)
		a.Running("vnets", "lan", running)
		reads := a.Holding(fmt.Sprint("rita", running), "/", 0, perm.List, perm.Read)
		vm, net := map[bool]string{true: "running", false: "shutoff"}[running], map[bool]string{true: "active", false: "inactive"}[running]
		reads.Get("/virtualization/computes").Want(http.StatusOK).Check(map[string]string{"data.vms.0.name": "box", "data.vms.0.state": vm})
		reads.Get("/virtualization/networks").Want(http.StatusOK).Check(map[string]string{"data.networks.0.name": "lan", "data.networks.0.state": net})
		lists := a.Holding(fmt.Sprint("lena", running), "/", 0, perm.List)
		for _, r := range []*v1.Answer{lists.Get("/virtualization/computes"), lists.Get("/virtualization/networks")} {
			if body := string(r.Want(http.StatusOK).Body); strings.Contains(body, "state") || !strings.Contains(body, `"name"`) {
				t.Errorf("%s with list alone, running %v: %s", r.What, running, body)
			}
		}
	}
}

// Refusals call things by the names of this dialect, not by those of tables.
func TestRefusalsKnowNoTables(t *testing.T) {
	t.Parallel()
	a, _ := v1.StartWithVM(t)
	lists := a.Holding("lena", "/", 0, perm.List)
	for _, r := range []*v1.Answer{
		lists.Get("/virtualization/computes/box"), lists.Delete("/virtualization/computes/box"), lists.Post("/virtualization/computes/box/start", ""),
		lists.Put("/virtualization/networks/lan", `{}`), lists.Get("/virtualization/isos/box.iso"), lists.Get("/auth/tokens/99"),
		lists.Post("/virtualization/computes", `{"name":"x","memory":256,"vcpus":1,"disk_size":1}`), lists.CreateUpload(v1.SpecPath, 3),
	} {
		for _, word := range []string{"/v4/", "vms", "vnets", "files", "user_api_keys"} {
			if text := r.Text("error.message"); r.Status < 400 || strings.Contains(text, word) {
				t.Errorf("%s: %d %q", r.What, r.Status, text)
			}
		}
	}
}

// Values that a table refuses are named as the bodies of this dialect name them.
func TestRefusalsNameMembers(t *testing.T) {
	t.Parallel()
	a, _ := v1.StartWithVM(t)
	for _, c := range []struct{ what, text string }{
		{a.Put("/virtualization/computes/box", `{"memory":0}`).Want(http.StatusBadRequest).Text("error.message"), "memory: "},
		{a.Put("/virtualization/computes/box", `{"vcpus":100000}`).Want(http.StatusBadRequest).Text("error.message"), "vcpus: "},
		{a.Put("/virtualization/networks/lan", `{"ip_range":{"address":"10.1.0.1","netmask":"3"}}`).Want(http.StatusBadRequest).Text("error.message"), "ip_range: "},
		{a.Get("/auth/tokens/999").Want(http.StatusNotFound).Text("error.message"), "you have no API token \"999\""},
	} {
		if !strings.HasPrefix(c.what, c.text) || strings.Contains(c.what, "Validation error") {
			t.Errorf("%q, want %q", c.what, c.text)
		}
	}
}
