package compute_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"dewpoint/test/rig/v1"
)

// What a read answers is taken back by an update, which changes nothing then; so is what the original UI's wizard makes of it.
func TestUpdateTakesWhatAReadShows(t *testing.T) {
	t.Parallel()
	a, _ := v1.StartWithVM(t)
	const box = "/virtualization/computes/box"
	seen := a.Get(box).Want(http.StatusOK)
	read := func(r *v1.Answer) map[string]any {
		data, ok := r.At("data").(map[string]any)
		if !ok {
			t.Fatalf("no VM in %s", r.Body)
		}
		delete(data, "updated_at")
		return data
	}
	sent := read(seen)
	for _, more := range []map[string]any{{}, {"max_memory": 0, "max_vcpus": 0}} {
		for name, v := range more {
			sent[name] = v
		}
		body, err := json.Marshal(sent)
		v1.Must(t, err)
		was, err := json.Marshal(read(a.Get(box)))
		v1.Must(t, err)
		a.Put(box, string(body)).Want(http.StatusOK)
		is, err := json.Marshal(read(a.Get(box)))
		v1.Must(t, err)
		if string(was) != string(is) {
			t.Errorf("sent back, a VM becomes\n%s\nfrom\n%s", is, was)
		}
	}
	// The wizard keeps the ceilings that it read when somebody gives the VM more.
	a.Put(box, `{"memory":512,"max_memory":256,"vcpus":4,"max_vcpus":2}`).Want(http.StatusOK).Check(map[string]string{"data.memory": "512", "data.max_memory": "512", "data.vcpus": "4"})
	a.Put(box, `{"memory":512,"max_memory":1024}`).Fails(http.StatusNotImplemented, "NOT_IMPLEMENTED")
	if r := a.Put(box, `{"memroy":512}`); r.Status != http.StatusBadRequest || !strings.Contains(r.Text("error.details"), "memroy") {
		t.Errorf("a typing error: %d %s", r.Status, r.Body)
	}
}

// What is said of a drive that stays is done or refused.
func TestUpdateOfADrive(t *testing.T) {
	t.Parallel()
	a, _ := v1.StartWithVM(t)
	const box = "/virtualization/computes/box"
	change := func(members string) *v1.Answer {
		return a.Put(box, `{"storage":{"disks":[{"target":"vda",`+members+`},{"target":"sda"}]}}`)
	}
	change(`"readonly":true`).Want(http.StatusOK).Check(map[string]string{"data.storage.disks.0.readonly": "true"})
	change(`"boot_order":2`).Want(http.StatusOK).Check(map[string]string{"data.storage.disks.0.readonly": "true", "data.storage.disks.0.boot_order": "1"})
	a.Put(box, `{"storage":{"disks":[{"target":"vda","boot_order":2},{"target":"sda","boot_order":1}]}}`).Want(http.StatusOK).
		Check(map[string]string{"data.storage.disks.0.boot_order": "2", "data.storage.disks.1.boot_order": "1", "data.os.boot": `["cdrom","hd"]`})
	change(`"storage_pool":"tier3"`).Want(http.StatusOK).Check(map[string]string{"data.storage.disks.0.storage_pool": "tier3"})
	change(`"size":5`).Fails(http.StatusBadRequest, "INVALID_VM_CONFIG")
	change(`"format":"raw"`).Fails(http.StatusNotImplemented, "NOT_IMPLEMENTED")
	change(`"device":"cdrom"`).Fails(http.StatusNotImplemented, "NOT_IMPLEMENTED")
	change(`"cache":"none"`).Fails(http.StatusNotImplemented, "NOT_IMPLEMENTED")
	change(`"bus":"scsi"`).Want(http.StatusOK).Check(map[string]string{"data.storage.disks.0.bus": "scsi"})
}

// While a VM runs its cards have devices on the host, which both its own reply and its network's tell.
func TestDevicesOfCards(t *testing.T) {
	t.Parallel()
	a, _ := v1.StartWithVM(t)
	for running, want := range map[bool]string{true: "dpabcdt2", false: ""} {
		a.Running("vms", "box", running)
		a.Get("/virtualization/computes/box").Check(map[string]string{"data.networks.0.target": want, "data.networks.0.bridge": "dpabcdb1"})
		a.Get("/virtualization/networks/lan/ports").Check(map[string]string{"data.ports.0.interface_target": want})
	}
}

// What the original UI's wizard sends for a new VM makes one, on the network that it presets.
func TestWizard(t *testing.T) {
	t.Parallel()
	a := v1.Start(t)
	v1.MakeNetwork(a, "default")
	a.Update(v1.AddISO("debian.iso", v1.ISOUUID))
	a.Post("/virtualization/computes", `{"name":"vm-1","memory":2048,"max_memory":0,"max_vcpus":0,"vcpus":2,
		"storage":{"disks":[{"action":"create","size":20,"format":"qcow2","storage_pool":"default","bus":"virtio","readonly":false,"device":"disk"},
			{"action":"attach","storage_pool":"default","path":"`+v1.ISOUUID+`/debian.iso","bus":"ide","readonly":true,"boot_order":1,"device":"cdrom"}]},
		"os_type":"linux","architecture":"x86_64","networks":[{"type":"network","source":"default","model":"virtio","mac":""}],
		"graphics":[{"type":"vnc","autoport":true,"listen":"0.0.0.0","password":""}]}`).Want(http.StatusCreated).
		Check(map[string]string{"data.networks.0.source": "default", "data.os.boot": `["cdrom","hd"]`, "data.storage.disks.1.device": "cdrom"})
}

// os_info says the same as os_type and os_variant.
func TestOSInfo(t *testing.T) {
	t.Parallel()
	a := v1.Start(t)
	for name, c := range map[string]struct{ info, variant, distro, version string }{
		"a": {`{"family":"linux","distro":"ubuntu","version":"22.04"}`, "ubuntu22.04", "ubuntu", "22.04"},
		"b": {`{"family":"windows","variant":"win11"}`, "win11", "win", "11"},
		"c": {`{"family":"linux","variant":"something"}`, "something", "", ""},
	} {
		a.Post("/virtualization/computes", `{"name":"`+name+`","memory":256,"vcpus":1,"disk_size":1,"os_info":`+c.info+`}`).Want(http.StatusCreated).
			Check(map[string]string{"data.os_variant": c.variant, "data.os.distro": c.distro, "data.os.version": c.version})
	}
	a.Post("/virtualization/computes", `{"name":"d","memory":256,"vcpus":1,"disk_size":1,"os_info":{"variant":"a1","distro":"b","version":"2"}}`).
		Fails(http.StatusBadRequest, "INVALID_VM_CONFIG")
}
