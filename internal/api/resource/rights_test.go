package resource_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// holding returns the API as a new user with the rights on all rows of a table, or on the one with the key.
func (a *api) holding(name, table string, key int64, rights ...perm.Right) *api {
	a.t.Helper()
	a.update(addUser(name))
	a.update(func(tx *store.Tx) error {
		users, err := tx.Find("users", store.Eq("name", schema.TextValue(name)))
		if err != nil {
			return err
		}
		p := schema.NewRecord(tx.Schema().Table("permissions"))
		p.PutAll(schema.Set{"identity": users[0].Get("identity"), "table": schema.TextValue(table), "row": schema.IntValue(key)})
		for _, right := range perm.All {
			p.Put(right.String(), schema.BoolValue(slices.Contains(rights, right)))
		}
		_, err = tx.Create(p, nil)
		return err
	})
	return a.as(a.login(name, password))
}

// A maker is shown what they have made, though nobody has given them the right to read it.
func TestMakersSeeWhatTheyMade(t *testing.T) {
	t.Parallel()
	a := start(t)
	vms := a.holding("vera", "vms", 0, perm.Create)
	body := `{"name":"x","memory":256,"vcpus":1,"disk_size":1}`
	vms.post("/virtualization/computes", body).want(http.StatusCreated).check(map[string]string{"data.name": "x", "data.disks.0.size": "1"})
	nets := a.holding("nina", "vnets", 0, perm.Create)
	nets.post("/virtualization/networks", `{"name":"two","mode":"nat","ip_range":{"address":"10.2.0.1","netmask":"24"},"dhcp":{"start":"10.2.0.9",
		"hosts":[{"mac":"52:54:00:00:00:09","ip":"10.2.0.9"}]}}`).want(http.StatusCreated).check(map[string]string{"data.network.dhcp.hosts.0.ip": "10.2.0.9"})
	vms.get("/virtualization/computes/x").fails(http.StatusNotFound, "VM_NOT_FOUND")
	nets.post("/virtualization/networks/two/stop", "").fails(http.StatusNotFound, "NETWORK_NOT_FOUND")
	files := a.holding("fred", "files", 0, perm.Create)
	id := files.createUpload(specPath, 3).want(http.StatusCreated).text("upload_id")
	files.tus("PATCH", specPath+"/"+id, "abc", "Upload-Offset", "0", "Content-Type", octets).want(http.StatusNoContent)
	for range 2 {
		files.tus("POST", specPath+"/"+id+"/complete", "{}").want(http.StatusOK).check(map[string]string{"iso.name": "up.iso"})
	}
	files.get("/virtualization/isos/"+id).fails(http.StatusNotFound, "ISO_NOT_FOUND")
}

// With list alone what a row itself holds is shown, as in the table API. Whether it runs is a fact of another row: it is left out, not made up.
func TestListsShowNoStateThatMayNotBeRead(t *testing.T) {
	t.Parallel()
	a := start(t)
	makeNetwork(a, "lan")
	makeVM(a, "box")
	for _, running := range []bool{true, false} {
		a.running("vms", "box", running)
		a.running("vnets", "lan", running)
		reads := a.holding(fmt.Sprint("rita", running), "/", 0, perm.List, perm.Read)
		vm, net := map[bool]string{true: "running", false: "shutoff"}[running], map[bool]string{true: "active", false: "inactive"}[running]
		reads.get("/virtualization/computes").want(http.StatusOK).check(map[string]string{"data.vms.0.name": "box", "data.vms.0.state": vm})
		reads.get("/virtualization/networks").want(http.StatusOK).check(map[string]string{"data.networks.0.name": "lan", "data.networks.0.state": net})
		lists := a.holding(fmt.Sprint("lena", running), "/", 0, perm.List)
		for _, r := range []*answer{lists.get("/virtualization/computes"), lists.get("/virtualization/networks")} {
			if body := string(r.want(http.StatusOK).Body); strings.Contains(body, "state") || !strings.Contains(body, `"name"`) {
				t.Errorf("%s with list alone, running %v: %s", r.what, running, body)
			}
		}
	}
}

// Refusals call things by the names of this dialect, not by those of tables.
func TestRefusalsKnowNoTables(t *testing.T) {
	t.Parallel()
	a := start(t)
	makeNetwork(a, "lan")
	makeVM(a, "box")
	lists := a.holding("lena", "/", 0, perm.List)
	for _, r := range []*answer{
		lists.get("/virtualization/computes/box"), lists.delete("/virtualization/computes/box"), lists.post("/virtualization/computes/box/start", ""),
		lists.put("/virtualization/networks/lan", `{}`), lists.get("/virtualization/isos/box.iso"), lists.get("/auth/tokens/99"),
		lists.post("/virtualization/computes", `{"name":"x","memory":256,"vcpus":1,"disk_size":1}`), lists.createUpload(specPath, 3),
	} {
		for _, word := range []string{"/v4/", "vms", "vnets", "files", "user_api_keys"} {
			if text := r.text("error.message"); r.Status < 400 || strings.Contains(text, word) {
				t.Errorf("%s: %d %q", r.what, r.Status, text)
			}
		}
	}
}

// Values that a table refuses are named as the bodies of this dialect name them.
func TestRefusalsNameMembers(t *testing.T) {
	t.Parallel()
	a := start(t)
	makeNetwork(a, "lan")
	makeVM(a, "box")
	for _, c := range []struct{ what, text string }{
		{a.put("/virtualization/computes/box", `{"memory":0}`).want(http.StatusBadRequest).text("error.message"), "memory: "},
		{a.put("/virtualization/computes/box", `{"vcpus":100000}`).want(http.StatusBadRequest).text("error.message"), "vcpus: "},
		{a.put("/virtualization/networks/lan", `{"ip_range":{"address":"10.1.0.1","netmask":"3"}}`).want(http.StatusBadRequest).text("error.message"), "ip_range: "},
		{a.get("/auth/tokens/999").want(http.StatusNotFound).text("error.message"), "you have no API token \"999\""},
	} {
		if !strings.HasPrefix(c.what, c.text) || strings.Contains(c.what, "Validation error") {
			t.Errorf("%q, want %q", c.what, c.text)
		}
	}
}
