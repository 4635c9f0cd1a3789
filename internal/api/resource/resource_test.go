package resource_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"dewpoint/test/rig/v1"
)

func TestHealth(t *testing.T) {
	t.Parallel()
	a := v1.Start(t).As("")
	a.Get("/health").Want(http.StatusOK).Check(map[string]string{"data.status": "healthy", "data.version": "1.2.3", "error": ""})
	req, err := http.NewRequest(http.MethodGet, a.URL+"/health", nil)
	v1.Must(t, err)
	a.Send(req).Want(http.StatusOK).Check(map[string]string{"data.status": "healthy"})
}

// Whatever a client sends, the answer is a 4xx in the envelope.
func TestBadInput(t *testing.T) {
	t.Parallel()
	a := v1.Start(t)
	vm := `"name":"x","memory":256,"vcpus":1,"storage":{"disks":[{"action":"create","size":1}]}`
	for name, c := range map[string]struct {
		method, path, body string
		status             int
		code               string
	}{
		"no JSON":                {"POST", "/auth/login", `{"username`, 400, "VALIDATION_ERROR"},
		"no object":              {"POST", "/auth/login", `[1]`, 400, "VALIDATION_ERROR"},
		"no body":                {"POST", "/auth/login", ``, 400, "VALIDATION_ERROR"},
		"wrong type":             {"POST", "/auth/login", `{"username":7,"password":"x"}`, 400, "VALIDATION_ERROR"},
		"auth type":              {"POST", "/auth/login", `{"username":"admin","auth_type":"x"}`, 400, "VALIDATION_ERROR"},
		"ssh login":              {"POST", "/auth/login", `{"username":"admin","auth_type":"ssh_key"}`, 501, "NOT_IMPLEMENTED"},
		"token without a name":   {"POST", "/auth/tokens", `{}`, 400, "VALIDATION_ERROR"},
		"token over already":     {"POST", "/auth/tokens", `{"name":"x","expires_at":"2001-01-01T00:00:00Z"}`, 400, "VALIDATION_ERROR"},
		"token end of the week":  {"POST", "/auth/tokens", `{"name":"x","expires_at":"friday"}`, 400, "VALIDATION_ERROR"},
		"no token":               {"GET", "/auth/tokens/77", ``, 404, "NOT_FOUND"},
		"token key":              {"DELETE", "/auth/tokens/x%20y", ``, 404, "NOT_FOUND"},
		"VM without anything":    {"POST", "/virtualization/computes", `{}`, 400, "INVALID_REQUEST"},
		"VM without disks":       {"POST", "/virtualization/computes", `{"name":"x","memory":256,"vcpus":1}`, 400, "INVALID_REQUEST"},
		"VM named as a UUID":     {"POST", "/virtualization/computes", strings.Replace("{"+vm+"}", `"x"`, `"00000000-0000-0000-0000-000000000000"`, 1), 400, "INVALID_VM_NAME"},
		"VM of no memory":        {"POST", "/virtualization/computes", strings.Replace("{"+vm+"}", `256`, `0`, 1), 400, "INVALID_VM_CONFIG"},
		"disk action":            {"POST", "/virtualization/computes", strings.Replace("{"+vm+"}", `"create"`, `"steal"`, 1), 400, "INVALID_REQUEST"},
		"disk of no size":        {"POST", "/virtualization/computes", strings.Replace("{"+vm+"}", `"size":1`, `"size":0`, 1), 400, "INVALID_VM_CONFIG"},
		"disk bus":               {"POST", "/virtualization/computes", strings.Replace("{"+vm+"}", `"size":1`, `"size":1,"bus":"x"`, 1), 400, "INVALID_VM_CONFIG"},
		"disk pool":              {"POST", "/virtualization/computes", strings.Replace("{"+vm+"}", `"size":1`, `"size":1,"storage_pool":"x"`, 1), 400, "STORAGE_POOL_NOT_FOUND"},
		"disk format":            {"POST", "/virtualization/computes", strings.Replace("{"+vm+"}", `"size":1`, `"size":1,"format":"raw"`, 1), 501, "NOT_IMPLEMENTED"},
		"no such ISO":            {"POST", "/virtualization/computes", strings.Replace("{"+vm+"}", `"action":"create"`, `"action":"attach","path":"/x/y.iso"`, 1), 400, "ISO_NOT_FOUND"},
		"no such network":        {"POST", "/virtualization/computes", "{" + vm + `,"networks":[{"type":"network","source":"x"}]}`, 400, "NETWORK_NOT_FOUND"},
		"network of no name":     {"POST", "/virtualization/computes", "{" + vm + `,"networks":[{"type":"network"}]}`, 400, "INVALID_VM_CONFIG"},
		"network type":           {"POST", "/virtualization/computes", "{" + vm + `,"networks":[{"type":"direct","source":"eth0"}]}`, 501, "NOT_IMPLEMENTED"},
		"cloud-init":             {"POST", "/virtualization/computes", "{" + vm + `,"cloud_init":{"meta_data":"- x"}}`, 400, "INVALID_VM_CONFIG"},
		"screen":                 {"POST", "/virtualization/computes", "{" + vm + `,"graphics":[{"type":"x"}]}`, 400, "INVALID_VM_CONFIG"},
		"OS":                     {"POST", "/virtualization/computes", "{" + vm + `,"os_type":"x"}`, 400, "INVALID_VM_CONFIG"},
		"secure boot":            {"POST", "/virtualization/computes", "{" + vm + `,"secure_boot":true}`, 400, "INVALID_FIRMWARE_CONFIG"},
		"no VM":                  {"GET", "/virtualization/computes/x", ``, 404, "VM_NOT_FOUND"},
		"no VM of this UUID":     {"GET", "/virtualization/computes/00000000-0000-0000-0000-000000000000", ``, 404, "VM_NOT_FOUND"},
		"no VM to change":        {"PUT", "/virtualization/computes/x", `{}`, 404, "VM_NOT_FOUND"},
		"no VM to delete":        {"DELETE", "/virtualization/computes/x", ``, 404, "VM_NOT_FOUND"},
		"no VM to start":         {"POST", "/virtualization/computes/x/start", ``, 404, "VM_NOT_FOUND"},
		"action without action":  {"POST", "/virtualization/computes/x/action", `{}`, 400, "INVALID_REQUEST"},
		"network type bridge":    {"POST", "/virtualization/computes", "{" + vm + `,"networks":[{"type":"bridge","source":"br0"}]}`, 501, "NOT_IMPLEMENTED"},
		"memory to grow":         {"POST", "/virtualization/computes", "{" + vm + `,"max_memory":512}`, 501, "NOT_IMPLEMENTED"},
		"memory below itself":    {"POST", "/virtualization/computes", "{" + vm + `,"max_memory":128}`, 400, "INVALID_VM_CONFIG"},
		"CPUs to grow":           {"POST", "/virtualization/computes", "{" + vm + `,"max_vcpus":4}`, 501, "NOT_IMPLEMENTED"},
		"screen's port":          {"POST", "/virtualization/computes", "{" + vm + `,"graphics":[{"type":"vnc","port":5901}]}`, 501, "NOT_IMPLEMENTED"},
		"screen's address":       {"POST", "/virtualization/computes", "{" + vm + `,"graphics":[{"type":"vnc","listen":"10.0.0.1"}]}`, 501, "NOT_IMPLEMENTED"},
		"screen's own port":      {"POST", "/virtualization/computes", "{" + vm + `,"graphics":[{"type":"vnc","autoport":false}]}`, 501, "NOT_IMPLEMENTED"},
		"screen by EGL":          {"POST", "/virtualization/computes", "{" + vm + `,"graphics":[{"type":"egl-headless"}]}`, 501, "NOT_IMPLEMENTED"},
		"codename":               {"POST", "/virtualization/computes", "{" + vm + `,"os_info":{"codename":"bookworm"}}`, 501, "NOT_IMPLEMENTED"},
		"disk cache":             {"POST", "/virtualization/computes", strings.Replace("{"+vm+"}", `"size":1`, `"size":1,"cache":"none"`, 1), 501, "NOT_IMPLEMENTED"},
		"disk io":                {"POST", "/virtualization/computes", strings.Replace("{"+vm+"}", `"size":1`, `"size":1,"io_mode":"native"`, 1), 501, "NOT_IMPLEMENTED"},
		"disk target":            {"POST", "/virtualization/computes", strings.Replace("{"+vm+"}", `"size":1`, `"size":1,"target":"vdc"`, 1), 501, "NOT_IMPLEMENTED"},
		"floppy":                 {"POST", "/virtualization/computes", strings.Replace("{"+vm+"}", `"size":1`, `"size":1,"device":"floppy"`, 1), 501, "NOT_IMPLEMENTED"},
		"disks out of order":     {"POST", "/virtualization/computes", strings.Replace("{"+vm+"}", `{"action":"create","size":1}`, `{"size":1,"boot_order":2},{"size":1,"boot_order":1}`, 1), 501, "NOT_IMPLEMENTED"},
		"VM with a typing error": {"POST", "/virtualization/computes", "{" + vm + `,"memroy":512}`, 400, "INVALID_REQUEST"},
		"VM with a fact":         {"POST", "/virtualization/computes", "{" + vm + `,"state":"running"}`, 400, "INVALID_REQUEST"},
		"unknown of a disk":      {"POST", "/virtualization/computes", strings.Replace("{"+vm+"}", `"size":1`, `"size":1,"iops":5`, 1), 400, "INVALID_REQUEST"},
		"unknown of an action":   {"POST", "/virtualization/computes/x/action", `{"action":"start","delay":5}`, 400, "INVALID_REQUEST"},
		"unknown of a network":   {"POST", "/virtualization/networks", `{"name":"x","mode":"private","vlan":5}`, 400, "INVALID_NETWORK_REQUEST"},
		"unknown of a range":     {"POST", "/virtualization/networks", `{"name":"x","ip_range":{"address":"10.0.0.1","netmask":"24","mask":"24"}}`, 400, "INVALID_NETWORK_REQUEST"},
		"network's bridge":       {"POST", "/virtualization/networks", `{"name":"x","mode":"private","bridge":"br0"}`, 501, "NOT_IMPLEMENTED"},
		"unknown of a token":     {"POST", "/auth/tokens", `{"name":"x","scope":"all"}`, 400, "VALIDATION_ERROR"},
		"keep disks":             {"DELETE", "/virtualization/computes/x?remove_disks=false", ``, 501, "NOT_IMPLEMENTED"},
		"no network":             {"GET", "/virtualization/networks/x", ``, 404, "NETWORK_NOT_FOUND"},
		"no network's leases":    {"GET", "/virtualization/networks/x/dhcp-leases", ``, 404, "NETWORK_NOT_FOUND"},
		"network without name":   {"POST", "/virtualization/networks", `{"ip_range":{"address":"10.0.0.1","netmask":"24"}}`, 400, "INVALID_NETWORK_REQUEST"},
		"network mode":           {"POST", "/virtualization/networks", `{"name":"x","mode":"magic"}`, 400, "INVALID_NETWORK_REQUEST"},
		"network bridged":        {"POST", "/virtualization/networks", `{"name":"x","mode":"bridge"}`, 501, "NOT_IMPLEMENTED"},
		"network of no range":    {"POST", "/virtualization/networks", `{"name":"x"}`, 400, "INVALID_NETWORK_REQUEST"},
		"network address":        {"POST", "/virtualization/networks", `{"name":"x","ip_range":{"address":"ten","netmask":"24"}}`, 400, "INVALID_NETWORK_REQUEST"},
		"network mask":           {"POST", "/virtualization/networks", `{"name":"x","ip_range":{"address":"10.0.0.1","netmask":"255.0.255.0"}}`, 400, "INVALID_NETWORK_REQUEST"},
		"DHCP outside":           {"POST", "/virtualization/networks", `{"name":"x","ip_range":{"address":"10.0.0.1","netmask":"24"},"dhcp":{"start":"10.9.0.1"}}`, 400, "INVALID_NETWORK_REQUEST"},
		"reservation's MAC":      {"POST", "/virtualization/networks", `{"name":"x","ip_range":{"address":"10.0.0.1","netmask":"24"},"dhcp":{"hosts":[{"mac":"x","ip":"10.0.0.9"}]}}`, 400, "INVALID_NETWORK_REQUEST"},
		"no ISO":                 {"GET", "/virtualization/isos/x", ``, 404, "ISO_NOT_FOUND"},
		"no ISO to download":     {"GET", "/virtualization/isos/x/download", ``, 404, "ISO_NOT_FOUND"},
		"register an ISO":        {"POST", "/virtualization/isos", `{"name":"x","path":"/etc/passwd"}`, 501, "NOT_IMPLEMENTED"},
		"verb":                   {"PATCH", "/virtualization/networks", ``, 405, "METHOD_NOT_ALLOWED"},
		"path":                   {"GET", "/nowhere", ``, 404, "NOT_FOUND"},
		"no template":            {"GET", "/virtualization/computes/templates/9", ``, 404, "TEMPLATE_NOT_FOUND"},
		"template by name":       {"GET", "/virtualization/virtualmachines/templates/x", ``, 400, "INVALID_TEMPLATE_ID"},
		"template's verb":        {"PATCH", "/virtualization/computes/templates", ``, 405, "METHOD_NOT_ALLOWED"},
		"backups by alias":       {"GET", "/virtualization/virtualmachines/backups", ``, 501, "NOT_IMPLEMENTED"},
		"snapshots of none":      {"POST", "/virtualization/computes/x/snapshots", `{"name":"a"}`, 404, "VM_NOT_FOUND"},
		"migration":              {"POST", "/virtualization/computes/x/migrate", `{}`, 501, "NOT_IMPLEMENTED"},
		"another area":           {"GET", "/logs", ``, 501, "NOT_IMPLEMENTED"},
		"SSH challenge":          {"POST", "/auth/challenge/verify", `{}`, 501, "NOT_IMPLEMENTED"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := *a
			a.T = t
			a.Do(c.method, c.path, c.body).Fails(c.status, c.code)
		})
	}
}

// A body may be called anything, and a login may have members that aren't known or are null: real clients send both.
func TestLenientBodies(t *testing.T) {
	t.Parallel()
	a := v1.Start(t)
	req, err := http.NewRequest(http.MethodPost, a.URL+"/api/v1/auth/login", strings.NewReader(`{"username":"admin","password":"`+v1.Password+`","auth_type":null,"device":1}`))
	v1.Must(t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	a.Send(req).Want(http.StatusOK)
}

// Who has no rights sees empty lists and no rows, and makes none.
func TestStrangers(t *testing.T) {
	t.Parallel()
	a, _ := v1.StartWithVM(t)
	a.Update(v1.AddUser("eve"))
	eve := a.As(a.Login("eve", v1.Password))
	eve.Get("/virtualization/computes").Want(http.StatusOK).Check(map[string]string{"data.count": "0", "data.vms": "[]"})
	eve.Get("/virtualization/networks").Want(http.StatusOK).Check(map[string]string{"data.count": "0"})
	eve.Get("/virtualization/computes/box").Fails(http.StatusNotFound, "VM_NOT_FOUND")
	eve.Delete("/virtualization/computes/box").Fails(http.StatusNotFound, "VM_NOT_FOUND")
	a.As("").Post("/auth/challenge", `{"username":"admin"}`).Fails(http.StatusNotImplemented, "NOT_IMPLEMENTED")
	a.As("").Get("/auth/users/admin/keys").Fails(http.StatusNotImplemented, "NOT_IMPLEMENTED")
	a.As("").Get("/docker/ps").Fails(http.StatusUnauthorized, "UNAUTHORIZED")
	eve.Post("/virtualization/networks", `{"name":"x","mode":"private"}`).Fails(http.StatusForbidden, "FORBIDDEN")
	eve.Post("/virtualization/computes", `{"name":"x","memory":256,"vcpus":1,"disk_size":1}`).Fails(http.StatusForbidden, "FORBIDDEN")
}

// A body beyond the limit is refused before it is read.
func TestBodyLimit(t *testing.T) {
	t.Parallel()
	a := v1.Start(t)
	req, err := http.NewRequest(http.MethodPost, a.URL+"/api/v1/auth/login", io.LimitReader(endless{}, 2<<20))
	v1.Must(t, err)
	a.Send(req).Fails(http.StatusRequestEntityTooLarge, "BODY_TOO_LARGE")
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}
