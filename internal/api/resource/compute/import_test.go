package compute_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"dewpoint/internal/model/compute"
	"dewpoint/internal/store"
	"dewpoint/test/rig/v1"
)

const empty = `<Envelope><VirtualSystem id="web"><VirtualHardwareSection><Item><ResourceType>3</ResourceType><VirtualQuantity>2</VirtualQuantity></Item></VirtualHardwareSection></VirtualSystem></Envelope>`

// media makes a media file with this content, and returns its id.
func media(a *v1.API, content string) (id string) {
	a.T.Helper()
	upload := a.CreateUpload(v1.SpecPath, len(content)).Want(http.StatusCreated).Text("upload_id")
	a.Tus("PATCH", v1.SpecPath+"/"+upload, content, "Upload-Offset", "0", "Content-Type", v1.Octets).Want(http.StatusNoContent)
	return a.Tus("POST", v1.SpecPath+"/"+upload+"/complete", "").Want(http.StatusOK).Text("data.iso.id")
}

func TestImportOfAVM(t *testing.T) {
	t.Parallel()
	a := v1.Start(t)
	media(a, empty)
	const path = "/virtualization/computes/import"
	dry := a.Post(path, `{"name":"web","file":"up.iso","dry_run":true}`).Want(http.StatusCreated)
	if dry.Text("data.status") != "complete" || dry.At("data.uuid") != nil || dry.At("data.jobs") != nil || !strings.Contains(dry.Text("data.log.0.text"), "2 CPU cores") {
		t.Errorf("a dry run: %s", dry.Body)
	}
	a.Get("/virtualization/computes/web").Fails(http.StatusNotFound, "VM_NOT_FOUND")
	made := a.Post(path, `{"name":"web","file":"up.iso"}`).Want(http.StatusCreated)
	if made.Text("data.jobs.0") == "" || a.Get("/virtualization/computes/web").Want(http.StatusOK).Text("data.uuid") != made.Text("data.uuid") {
		t.Errorf("an import: %s", made.Body)
	}
	a.Post(path, `{"name":"x","file":"none.ova"}`).Fails(http.StatusBadRequest, "ISO_NOT_FOUND")
	a.Post(path, `{"name":"web","file":"up.iso"}`).Fails(http.StatusConflict, "VM_NAME_EXISTS")
	media(a, `<!DOCTYPE x [<!ENTITY a "b">]><Envelope/>`)
	a.Post(path, `{"name":"bomb","file":"up.iso"}`).Fails(http.StatusBadRequest, "APPLIANCE_REFUSED")
}

func TestExportOfAVM(t *testing.T) {
	t.Parallel()
	a, _ := v1.StartWithVM(t)
	id := a.Get("/virtualization/computes").Text("data.vms.0.uuid")
	made := a.Post("/virtualization/computes/"+id+"/export", `{}`).Want(http.StatusAccepted)
	if !strings.HasSuffix(made.Text("data.name"), ".ova") || made.Text("data.file") == "" || made.Text("data.jobs.0") == "" {
		t.Errorf("an export: %s", made.Body)
	}
	disk := a.Post("/virtualization/computes/"+id+"/export", `{"format":"vhdx","name":"mine.vhdx"}`).Want(http.StatusAccepted)
	if disk.Text("data.name") != "mine.vhdx" {
		t.Errorf("of a disk: %s", disk.Body)
	}
	a.Post("/virtualization/computes/"+id+"/export", `{"format":"raw","disk":9}`).Fails(http.StatusBadRequest, "DISK_NOT_FOUND")
	a.Post("/virtualization/computes/"+id+"/export", `{"format":"zip"}`).Fails(http.StatusBadRequest, "INVALID_REQUEST")
	a.Update(func(tx *store.Tx) error {
		vms, err := store.FindRows[compute.VM](tx)
		if err != nil {
			return err
		}
		return store.Write(tx, vms[0].Key, compute.VMSet{}.AllowExport(false))
	})
	a.Post("/virtualization/computes/"+id+"/export", `{}`).Fails(http.StatusConflict, "EXPORT_NOT_ALLOWED")
}

// TestMetrics are those of the rows, at once and by a websocket.
func TestMetrics(t *testing.T) {
	t.Parallel()
	a, _ := v1.StartWithVM(t)
	list := a.Get("/virtualization/computes")
	id, name := list.Text("data.vms.0.uuid"), list.Text("data.vms.0.name")
	path := "/virtualization/computes/" + id + "/metrics"
	set := func(used int64) {
		a.Update(func(tx *store.Tx) error {
			vms, err := store.FindRows[compute.VM](tx)
			if err != nil {
				return err
			}
			drives, err := store.FindRows[compute.MachineDrive](tx, store.Is(compute.MachineDriveCol.Machine, vms[0].Machine))
			if err != nil {
				return err
			}
			for _, d := range drives {
				if err := store.Write(tx, d.Key, compute.MachineDriveStatsSet{}.ReadBytes(4096).WriteBytes(8192)); err != nil {
					return err
				}
			}
			return store.Write(tx, vms[0].Machine, compute.MachineStatsSet{}.TotalCPU(42).CPUTime(7).RAMUsed(used).VramUsed(200))
		})
	}
	set(50)
	a.Get(path).Want(http.StatusOK).Check(map[string]string{"data.uuid": id, "data.cpu_usage": "0", "data.memory_used": "0"})
	a.Running("vms", name, true)
	a.Get("/virtualization/virtualmachines/" + name + "/metrics").Want(http.StatusOK).Check(map[string]string{
		"data.cpu_usage": "42", "data.cpu_time": "7000000000", "data.memory_used": "51200", "data.memory_usage": "25", "data.disk_read": "8192", "data.disk_write": "16384",
		"data.network_rx": "0",
	})
	a.Get("/virtualization/computes/none/metrics").Fails(http.StatusNotFound, "VM_NOT_FOUND")
	a.As("").Get(path).Fails(http.StatusUnauthorized, "UNAUTHORIZED")

	socket := "ws" + strings.TrimPrefix(a.URL, "http") + "/api/v1" + path + "/stream?interval=1&token=" + a.Token
	conn, _, err := websocket.Dial(t.Context(), socket, nil)
	v1.Must(t, err)
	defer conn.CloseNow()
	v1.Must(t, conn.Write(t.Context(), websocket.MessageText, []byte("clients' frames are ignored")))
	for _, want := range []float64{25, 50} {
		set(int64(2 * want))
		for deadline := time.Now().Add(30 * time.Second); ; {
			var m struct {
				UUID  string  `json:"uuid"`
				Usage float64 `json:"memory_usage"`
			}
			v1.Must(t, wsjson.Read(t.Context(), conn, &m))
			if m.UUID == id && m.Usage == want {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("the stream says %+v, want %v", m, want)
			}
		}
	}
	a.Delete("/virtualization/computes/" + id)
	for _, q := range []string{"?interval=0", "?interval=x", "?interval=9999999", ""} {
		if r := a.Get(path + "/stream" + q); r.Status/100 != 4 {
			t.Errorf("%q: %d %s", q, r.Status, r.Body)
		}
	}
}
