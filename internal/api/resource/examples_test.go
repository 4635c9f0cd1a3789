package resource_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"dewpoint/internal/model/cluster"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/store"
	"dewpoint/test/rig/v1"
)

// What the page fills in before people press "Execute" works as it stands, for every operation that is built.
func TestExamples(t *testing.T) {
	t.Parallel()
	a := v1.Start(t)
	v1.MakeNetwork(a, "default") // which the first start of a system makes
	sent := 0
	for path, item := range document(t, a, "/openapi.json").Paths.Map() {
		for method, op := range item.Operations() {
			if op.RequestBody == nil || op.RequestBody.Value.Content["application/json"] == nil || strings.HasPrefix(op.Summary, "Not supported") {
				continue
			}
			raw, err := json.Marshal(op.RequestBody.Value.Content["application/json"].Example)
			v1.Must(t, err)
			r := try(a, method, strings.TrimPrefix(path, "/api/v1"), string(raw))
			if r.Status == http.StatusNotImplemented {
				continue
			}
			sent++
			if r.Status/100 != 2 {
				t.Errorf("%s %s with %s: status %d: %s", method, path, raw, r.Status, r.Body)
			}
		}
	}
	if sent < 20 {
		t.Errorf("only %d examples were sent", sent)
	}
}

// upload makes a media file with this content, and returns its name.
func upload(a *v1.API, content string) (name string) {
	a.T.Helper()
	id := a.CreateUpload(v1.SpecPath, len(content)).Want(http.StatusCreated).Text("upload_id")
	a.Tus("PATCH", v1.SpecPath+"/"+id, content, "Upload-Offset", "0", "Content-Type", v1.Octets).Want(http.StatusNoContent)
	a.Tus("POST", v1.SpecPath+"/"+id+"/complete", "").Want(http.StatusOK)
	return "up.iso"
}

// try sends a body to an operation while what it names is there, and removes what was made.
func try(a *v1.API, method, path, body string) *v1.Answer {
	a.T.Helper()
	const computes, templates = "/virtualization/computes/", "/virtualization/computes/templates/"
	x := `{"name":"x","memory":256,"vcpus":1,"disk_size":1}`
	if strings.HasSuffix(path, "/network-link") {
		x = `{"name":"x","memory":256,"vcpus":1,"disk_size":1,"networks":[{"source":"default","mac":"52:54:00:12:34:56"}]}`
	}
	a.Post("/virtualization/computes", x).Want(http.StatusCreated)
	if strings.HasSuffix(path, "/clone") {
		a.Post("/virtualization/computes", `{"name":"first","memory":256,"vcpus":1,"disk_size":1}`).Want(http.StatusCreated)
	}
	if strings.Contains(path, "/snapshots") {
		snapshotOfX(a, strings.Contains(path, "{snapshot}"))
	}
	named := map[string]string{"{id}": "x", "{snapshot}": "before", "{name}": "default", "the password of admin": v1.Password}
	if strings.HasSuffix(path, "/import") {
		named["web.ova"] = upload(a, `<Envelope><VirtualSystem/></Envelope>`)
	}
	if strings.Contains(path, "template") && method != http.MethodPost || strings.HasSuffix(path, "/from-template") {
		id := a.Post(computes+"x/template", `{"name":"there"}`).Want(http.StatusCreated).Text("data.id")
		named["{id}"], named[`"template_id":1`] = id, `"template_id":`+id
	}
	if strings.HasSuffix(path, "/pci-devices") {
		givableDevice(a)
	}
	a.Running("vms", "x", slices.Contains([]string{"stop", "restart", "reset", "pause", "resume"}, path[strings.LastIndex(path, "/")+1:]))
	for word, is := range named {
		path, body = strings.ReplaceAll(path, word, is), strings.ReplaceAll(body, word, is)
	}
	r := a.Do(method, path, body)
	a.Running("vms", "x", false)
	for left := a.Get("/virtualization/computes/templates"); left.Text("data.count") != "0"; left = a.Get("/virtualization/computes/templates") {
		a.Delete(templates + left.Text("data.templates.0.id")).Want(http.StatusNoContent)
	}
	a.Delete(computes + "x").Want(http.StatusNoContent)
	for _, made := range []string{"computes/first", "computes/second", "computes/third", "computes/from-template", "computes/imported", "networks/lab"} {
		a.Delete("/virtualization/" + made)
	}
	return r
}

// givableDevice is the device of the example, with nothing in its way but that giving it isn't built.
func givableDevice(a *v1.API) {
	a.Update(func(tx *store.Tx) error {
		_, err := store.Create(tx, cluster.NodePciDeviceSet{}.Node(1).Slot("0000:00:03.0").ClassHex("020000").IommuGroup("2").Driver("vfio-pci"))
		return err
	})
}

// snapshotOfX has the disks of the VM made, as a controller does, and where one is needed a snapshot taken.
func snapshotOfX(a *v1.API, taken bool) {
	a.Update(func(tx *store.Tx) error {
		drives, err := store.FindRows[compute.MachineDrive](tx)
		for _, d := range drives {
			if err := store.Write(tx, d.Key, compute.MachineDriveStatusSet{}.Ready(true)); err != nil {
				return err
			}
		}
		if err != nil || !taken {
			return err
		}
		_, err = store.Create(tx, compute.MachineSnapshotSet{}.Name("before").Machine(drives[0].Machine).Taken(true))
		return err
	})
}
