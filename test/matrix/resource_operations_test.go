package matrix_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"dewpoint/internal/model/cluster"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// area is a family of operations of the resource API on the same rows, by what stands behind its path.
type area struct {
	table   string
	make    func(*server) object
	id      string          // column that stands in paths
	missing string          // an id that no row has
	body    string          // of creates, with %d where it must be new
	change  string          // of PUTs
	unusual map[string]kind // what isn't what its method and path say, by both
	refers  string          // a table of which the body names a row, as {table}
}

var areas = map[string]area{
	"/virtualization/computes": {
		table: "vms", make: func(s *server) object { return s.create("vms", `{"name":"vm%d"}`) }, id: "name", missing: "nowhere", change: `{"description":"%d"}`,
		body: `{"name":"made%d","memory":256,"vcpus":1,"disk_size":1}`,
		unusual: map[string]kind{
			"POST /create-enhanced": creates, "POST /{id}/hotplug": rewrites, "POST /{id}/hotunplug": rewrites, "POST /{id}/network-link": rewrites, "POST /{id}/template": reads, "POST /clone": modifies,
			"GET /{id}/console": rewrites, "GET /{id}/consoles": rewrites, "GET /{id}/console/vnc": rewrites, "GET /{id}/console/spice": rewrites,
			"DELETE /{id}/pci-devices/{device_id}": modifies, "POST /{id}/snapshots": rewrites, "POST /{id}/snapshots/{snapshot}/revert": rewrites,
		},
	},
	"/virtualization/computes/from-template": {
		table: "vms", make: maker("vms"), id: "name", missing: "nowhere", body: `{"template_id":{vm_templates},"name":"made%d"}`, refers: "vm_templates",
	},
	"/virtualization/computes/import": {
		table: "vm_imports", make: maker("vm_imports"), id: "$key", missing: "nowhere", body: `{"name":"i%d","file":"{appliance_ids}","dry_run":true}`, refers: "files",
	},
	"/virtualization/computes/templates": {
		table: "vm_templates", make: maker("vm_templates"), id: "$key", missing: "987654", change: `{"description":"%d"}`,
		body: `{"name":"t%d","os_type":"linux","min_memory":512,"min_vcpus":1,"min_disk":1}`,
	},
	"/virtualization/os-variants":          {table: "vms", id: "name", unusual: map[string]kind{"GET ": anybody}},
	"/virtualization/capabilities":         {table: "vms", id: "name", unusual: map[string]kind{"GET ": anybody}},
	"/virtualization/computes/pci-devices": {table: "node_pci_devices", make: (*server).pciDevice, id: "slot", unusual: map[string]kind{"GET ": lists}},
	"/virtualization/networks": {
		table: "vnets", make: func(s *server) object { return s.create("vnets", `{"name":"net%d","network":"10.1.0.0/24"}`) }, id: "name", missing: "nowhere",
		body: `{"name":"made%d","mode":"private"}`, change: `{"ip_range":{"address":"10.%d.0.1","netmask":"24"}}`,
	},
	"/virtualization/isos": {
		table: "files", make: (*server).image, id: "uuid", missing: missingNames[0], body: `{"name":"x"}`,
		unusual: map[string]kind{"POST ": anybody},
	},
	"/auth/tokens": {
		table: "user_api_keys", make: func(s *server) object { return s.create("user_api_keys", `{"name":"key%d"}`) }, id: "$key", missing: "987654", body: `{"name":"made%d"}`,
		unusual: map[string]kind{"GET ": anybody, "POST ": anybody, "GET /{id}": own, "DELETE /{id}": own},
	},
	"/jobs": {
		table: "operations", make: maker("operations"), id: "$key", missing: "987654",
		unusual: map[string]kind{"POST /{id}/cancel": rewrites},
	},
	"/virtualization/isos/upload": {
		table: "files", body: "tus",
		unusual: map[string]kind{
			"GET ": anybody, "POST ": creates, "OPTIONS ": anybody, "OPTIONS /{id}": anybody, "GET /{id}": own, "GET /{id}/progress": own, "HEAD /{id}": own,
			"PATCH /{id}": own, "POST /{id}": own, "DELETE /{id}": own, "POST /{id}/complete": own,
		},
	},
}

// pciSlot is the address of pciDevice's.
const pciSlot = "0000:00:1f.7"

// pciDevice is a device with an address, by which it is found in lists.
func (s *server) pciDevice() object {
	s.Helper()
	o := s.existing("node_pci_devices")
	s.update(func(tx *store.Tx) error { return store.Write(tx, o.key, cluster.NodePciDeviceSet{}.Slot(pciSlot)) })
	return o
}

// sameAreas are paths that stand for others.
var sameAreas = map[string]string{"/virtualization/virtualmachines": "/virtualization/computes", "/virtualmachines/isos/upload": "/virtualization/isos/upload"}

// open are the operations about a login, with their bodies.
var open = map[string]string{
	"POST /auth/logout": "", "GET /health": "", "POST /auth/login": `{"username":"x%d","password":"x"}`, "POST /auth/refresh": `{"refresh_token":"%d"}`,
}

// resourceOperations are those of the API's own document.
func (s *server) resourceOperations() (found []operation, uncovered []string) {
	s.Helper()
	var doc struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	s.must(json.Unmarshal([]byte(s.send(request{method: "GET", path: "/api/v1/openapi.json"}, "").body), &doc))
	for _, path := range slices.Sorted(maps.Keys(doc.Paths)) {
		if strings.HasSuffix(path, "/ws") {
			continue // a socket takes a ticket and no credential; internal/api/resource/compute tests them
		}
		for _, method := range slices.Sorted(maps.Keys(doc.Paths[path])) {
			op, ok := s.resourceOperation(strings.ToUpper(method), strings.TrimPrefix(path, "/api/v1"))
			if !ok {
				uncovered = append(uncovered, op.name)
				continue
			}
			found = append(found, op)
		}
	}
	return found, uncovered
}

func (s *server) resourceOperation(method, path string) (op operation, ok bool) {
	op.name = method + " /api/v1" + path
	if body, public := open[method+" "+path]; public {
		op.kind = anybody
		op.public = path != "/auth/logout"
		op.call = func(s *server, _ object) request {
			q := request{method: method, path: "/api/v1" + path, body: s.numbered(body)}
			if !op.public { // it ends the login that it came by: not that of the caller, who is still needed
				q.login = s.jwt(1, "admin")
			}
			return q
		}
		op.still = "a login is no row"
		return op, true
	}
	meant := path
	for alias, prefix := range sameAreas {
		if tail, is := strings.CutPrefix(path, alias); is {
			meant = prefix + tail
		}
	}
	for prefix, a := range areas {
		tail, is := strings.CutPrefix(meant, prefix)
		if kind := a.kindOf(method, tail); is && kind != "" {
			op.kind, op.table, op.public = kind, a.table, method == http.MethodOptions
			a.describe(&op, method, path)
			return op, true
		}
	}
	return op, false
}

// kindOf tells by method and path what an operation is: on all rows, on one, on what a row has.
func (a area) kindOf(method, tail string) kind {
	if kind, is := a.unusual[method+" "+tail]; is {
		return kind
	}
	switch one, below, _ := strings.Cut(strings.TrimPrefix(tail, "/"), "/"); {
	case tail == "":
		return map[string]kind{"GET": lists, "POST": creates}[method]
	case !strings.HasPrefix(one, "{"):
		return ""
	case below == "":
		return map[string]kind{"GET": reads, "PUT": rewrites, "DELETE": deletes}[method]
	}
	return map[string]kind{"GET": reads, "POST": modifies, "DELETE": drops}[method]
}

// describe fills in how the operation is called.
func (a area) describe(op *operation, method, path string) {
	refs := map[string]object{}
	if a.refers != "" {
		op.refers = func(s *server, _ object) ([]object, perm.Rights) {
			s.fill(a.body, refs)
			return []object{refs[a.refers]}, perm.RightsOf(perm.Read)
		}
	}
	at := func(s *server, id string) request {
		q := request{method: method, path: "/api/v1" + strings.NewReplacer("{id}", id, "{name}", id, "{snapshot}", snapshotName, "{device_id}", pciSlot).Replace(path), header: map[string]string{"Content-Type": "application/json"}}
		switch {
		case strings.HasSuffix(path, "/revert"):
			q.body = `{"flags":0}`
		case strings.HasSuffix(path, "/action"):
			q.body = `{"action":"start"}`
		case method == http.MethodPut:
			q.body = s.numbered(a.change)
		case method == http.MethodPost && op.kind != modifies:
			q.body = s.numbered(s.fill(a.body, refs))
		}
		switch {
		case strings.HasSuffix(path, "/{id}/clone"):
			q.body = s.numbered(`{"name":"clone%d"}`)
		case strings.HasSuffix(path, "/clone"):
			q.body = s.numbered(`{"source_vm":"` + id + `","name":"clone%d"}`)
		case strings.HasSuffix(path, "/{id}/export"):
			q.body = "{}"
		case strings.HasSuffix(path, "/{id}/template"), strings.HasSuffix(path, "/{id}/snapshots"):
			q.body = s.numbered(`{"name":"of%d"}`)
		case strings.HasSuffix(path, "plug"):
			q.body = s.numbered(`{"resource_type":"cpu","action":"update","config":{"vcpus":2}}`)
		case strings.HasSuffix(path, "/{id}/pci-devices"):
			q.body = `{"device_id":"` + pciSlot + `"}`
		case strings.Contains(path, "/network-link"):
			q.path, q.body = strings.Replace(q.path, "{interface}", macOf(id), 1), `{"interface":"`+macOf(id)+`","state":"down"}`
		}
		if a.body == "tus" {
			q = tus(q)
		}
		return q
	}
	op.missing = func(s *server) request { return at(s, a.missing) }
	op.call = func(s *server, o object) request {
		if a.make == nil {
			return at(s, missingUpload(s))
		}
		return at(s, s.id(o, a.id))
	}
	if op.make = a.make; a.make == nil && op.kind == creates {
		op.make = (*server).image
	}
	if op.kind == lists {
		op.shows = func(s *server, body string, o object) bool {
			id := s.id(o, a.id)
			return strings.Contains(body, `"`+id+`"`) || strings.Contains(body, `"id":`+id+`,`)
		}
	}
	if strings.HasSuffix(path, "/{id}/template") {
		op.make = (*server).vmWithDisk
	}
	if strings.Contains(path, "/{snapshot}") {
		op.make = (*server).vmWithSnapshot
	}
	if strings.Contains(path, "/network-link") {
		op.make = (*server).vmWithCard
	}
	if strings.Contains(path, "/{id}/pci-devices") { // no device can be given to a VM yet
		op.refused = http.StatusConflict
		op.refers = func(s *server, _ object) ([]object, perm.Rights) {
			return []object{s.pciDevice()}, perm.RightsOf(perm.List)
		}
	}
	switch name := path[strings.LastIndex(path, "/")+1:]; {
	case name == "pause" || name == "resume" || name == "restart" || name == "reset":
		op.still = "not built, or the VM is off"
	case name == "cancel":
		op.still = "whether it changes something depends on the state of the row"
	case a.body == "tus":
		op.still = "an upload is no row until it is complete"
	}
}

// missingUpload is the id of an upload of the administrator's, which to others isn't there. One will do: nobody may touch it.
func missingUpload(s *server) string {
	s.Helper()
	if s.upload != "" {
		return s.upload
	}
	q := tus(request{method: "POST", path: "/api/v1/virtualization/isos/upload"})
	var made struct {
		ID string `json:"upload_id"`
	}
	s.must(json.Unmarshal([]byte(s.send(q, s.admin).body), &made))
	s.upload = made.ID
	return s.upload
}

// tus is a request of the protocol with all that its operations need.
func tus(q request) request {
	q.body = ""
	q.header = map[string]string{
		"Tus-Resumable": "1.0.0", "Upload-Length": "3", "Upload-Metadata": "filename " + base64.StdEncoding.EncodeToString([]byte("up.iso")),
	}
	if q.method == http.MethodPatch {
		q.header["Upload-Offset"], q.header["Content-Type"], q.body = "0", "application/offset+octet-stream", "abc"
	}
	if tail := strings.TrimPrefix(q.path, "/api/v1"); q.method == http.MethodPost && strings.Count(tail, "/") == 4 && !strings.HasSuffix(q.path, "upload") {
		q.header["X-HTTP-Method-Override"] = http.MethodDelete
	}
	if strings.HasSuffix(q.path, "/complete") {
		q.header["Content-Type"], q.body = "application/json", "{}"
	}
	return q
}

// numbered puts a number that was not used before into a text that has place for one, as long as it is that of an address too.
func (s *server) numbered(text string) string {
	if !strings.Contains(text, "%d") {
		return text
	}
	if strings.Contains(text, "10.%d") {
		return fmt.Sprintf(text, s.next()%250)
	}
	return fmt.Sprintf(text, s.next())
}

// create makes a row as the administrator does.
func (s *server) create(table, body string) object {
	s.Helper()
	var in schema.Input
	s.must(json.Unmarshal([]byte(s.numbered(body)), &in))
	made, err := s.Engine.Create(asAdmin(), table, in)
	if err != nil {
		s.Fatalf("making a row of %s by %s: %v", table, body, err)
	}
	return object{table, made.Key}
}

// vmWithDisk makes a VM with a disk.
func (s *server) vmWithDisk() object {
	s.Helper()
	vm := s.create("vms", `{"name":"vm%d"}`)
	s.must(s.DB.View(context.Background(), func(tx *store.Tx) error {
		row, err := store.GetRow[compute.VM](tx, vm.key)
		if err == nil {
			s.create("machine_drives", fmt.Sprintf(`{"machine":%d,"disksize":512}`, row.Machine))
		}
		return err
	}))
	return vm
}

// snapshotName is what the snapshot of vmWithSnapshot is called.
const snapshotName = "before"

// vmWithSnapshot makes a VM with a snapshot that is taken.
func (s *server) vmWithSnapshot() object {
	s.Helper()
	vm := s.create("vms", `{"name":"vm%d"}`)
	s.update(func(tx *store.Tx) error {
		row, err := store.GetRow[compute.VM](tx, vm.key)
		if err == nil {
			_, err = store.Create(tx, compute.MachineSnapshotSet{}.Name(snapshotName).Machine(row.Machine).Taken(true))
		}
		return err
	})
	return vm
}

// applianceIn puts a description of a VM, as a file that may be imported, among the rows that a body refers to, and returns its key or id.
func (s *server) applianceIn(refs map[string]object, id bool) string {
	s.Helper()
	if _, known := refs["files"]; !known {
		const text = `<Envelope><VirtualSystem/></Envelope>`
		o := s.create("files", fmt.Sprintf(`{"name":"vm%%d.ovf","allocated_bytes":%d}`, len(text)))
		s.must(s.Media.WriteAt(asAdmin(), o.key.Int(), 0, strings.NewReader(text)))
		refs["files"] = o
	}
	if id {
		return s.id(refs["files"], "uuid")
	}
	return refs["files"].key.Text()
}

// vmWithCard makes a VM with a network card, which is named after it.
func (s *server) vmWithCard() object {
	s.Helper()
	vm := s.create("vms", `{"name":"vm%d"}`)
	s.must(s.DB.View(context.Background(), func(tx *store.Tx) error {
		row, err := store.GetRow[compute.VM](tx, vm.key)
		if err == nil {
			s.create("machine_nics", fmt.Sprintf(`{"machine":%d,"macaddress":%q}`, row.Machine, macOf(row.Name)))
		}
		return err
	}))
	return vm
}

// macOf is the address of the card of a VM that has a number for a name.
func macOf(vm string) string {
	n, _ := strconv.Atoi(strings.TrimPrefix(vm, "vm"))
	return fmt.Sprintf("52:54:00:%02x:%02x:%02x", n>>16&255, n>>8&255, n&255)
}

// image makes an ISO image of three bytes.
func (s *server) image() object {
	s.Helper()
	o := s.create("files", `{"name":"image%d.iso","allocated_bytes":3}`)
	s.must(s.Media.WriteAt(asAdmin(), o.key.Int(), 0, strings.NewReader("abc")))
	return o
}

// id is what a path calls a row.
func (s *server) id(o object, column string) string {
	s.Helper()
	names := s.names(o)
	switch column {
	case "uuid":
		return names[0]
	case "name":
		return names[len(names)-2]
	case "slot":
		return pciSlot
	}
	return o.key.Text()
}
