package resource_test

import (
	"net/http"
	"testing"

	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

func TestCreateAndReadVM(t *testing.T) {
	t.Parallel()
	a := start(t)
	makeNetwork(a, "lan")
	made := makeVM(a, "box")
	want := map[string]string{
		"data.name": "box", "data.state": "shutoff", "data.memory": "256", "data.vcpus": "2", "data.running": "false", "data.autostart": "true",
		"data.metadata.team": "blue", "data.metadata.n": "3", "data.persistent": "true", "data.graphics.0.type": "vnc", "data.os.family": "linux",
		"data.storage.disks.0.device": "disk", "data.storage.disks.0.bus": "virtio", "data.storage.disks.0.target": "vda", "data.storage.disks.0.size": "10",
		"data.storage.disks.0.capacity": "10737418240", "data.storage.disks.0.format": "qcow2", "data.storage.disks.0.storage_pool": "default",
		"data.storage.disks.1.device": "cdrom", "data.storage.disks.1.bus": "sata", "data.storage.disks.1.target": "sda", "data.storage.disks.1.readonly": "true",
		"data.storage.disks.1.path": isoUUID + "/box.iso", "data.networks.0.source": "lan", "data.networks.0.mac": "52:54:00:12:34:56",
	}
	made.check(want)
	uuid := made.text("data.uuid")
	for _, path := range []string{"/virtualization/computes/" + uuid, "/virtualization/computes/box", "/virtualization/virtualmachines/box"} {
		a.get(path).want(http.StatusOK).check(want).check(map[string]string{"data.uuid": uuid})
	}
	list := a.get("/virtualization/computes").want(http.StatusOK)
	list.check(map[string]string{"data.count": "1", "data.vms.0.uuid": uuid, "data.vms.0.networks.0.source": "lan", "data.vms.0.disks.1.device": "cdrom"})
	a.post("/virtualization/computes", `{"name":"box","memory":256,"vcpus":1,"disk_size":1}`).fails(http.StatusConflict, "VM_ALREADY_EXISTS")
	if n := a.count("machines"); n != 2 { // the VM's and the network's
		t.Errorf("%d machines after a refused create, want 2", n)
	}
}

// The whole VM is made, or nothing of it: a network card that can't be takes back the VM and its drives.
func TestCreateIsOneTransaction(t *testing.T) {
	t.Parallel()
	a := start(t)
	makeNetwork(a, "lan")
	a.post("/virtualization/computes", `{"name":"x","memory":256,"vcpus":1,"disk_size":1,
		"networks":[{"source":"lan","mac":"52:54:00:00:00:01"},{"source":"lan","mac":"52:54:00:00:00:01"}]}`).fails(http.StatusConflict, "CONFLICT")
	for _, table := range []string{"vms", "machine_drives", "machine_nics"} {
		if n := a.count(table); n != 0 {
			t.Errorf("%d rows left in %s", n, table)
		}
	}
}

func (a *api) count(table string) (n int64) {
	a.t.Helper()
	a.update(func(tx *store.Tx) (err error) {
		n, err = tx.Count(table)
		return err
	})
	return n
}

func TestBasicForm(t *testing.T) {
	t.Parallel()
	a := start(t)
	makeNetwork(a, "lan")
	a.update(addISO("tiny.iso", isoUUID))
	for name, iso := range map[string]string{"by-name": "tiny.iso", "by-path": "/var/lib/isos/tiny.iso", "by-id": isoUUID, "by-our-path": isoUUID + "/tiny.iso"} {
		made := a.post("/virtualization/virtualmachines", `{"name":"`+name+`","memory":256,"vcpus":1,"disk_size":2,"iso_path":"`+iso+`",
			"network":{"type":"network","source":"lan","model":"e1000"},"graphics":{"type":"spice"},"storage_pool":"tier2"}`).want(http.StatusCreated)
		made.check(map[string]string{
			"data.disks.0.size": "2", "data.disks.0.storage_pool": "tier2", "data.disks.1.device": "cdrom", "data.disks.1.path": isoUUID + "/tiny.iso",
			"data.networks.0.model": "e1000", "data.graphics.0.type": "spice",
		})
	}
}

func TestUpdateVM(t *testing.T) {
	t.Parallel()
	a := start(t)
	makeNetwork(a, "lan")
	makeVM(a, "box")
	a.update(addISO("other.iso", otherUUID))
	const box = "/virtualization/computes/box"
	disk := a.get(box).text("data.storage.disks.0.path")

	// What the body leaves out stays.
	out := a.put(box, `{"memory":512}`).want(http.StatusOK).check(map[string]string{"data.memory": "512", "data.vcpus": "2", "data.autostart": "true", "data.networks.0.source": "lan"})
	if out.text("message") == "" {
		t.Error("the reply has no message beside its data")
	}
	a.put(box, `{"autostart":false}`).want(http.StatusOK).check(map[string]string{"data.autostart": "false"})

	// A disk with content doesn't vanish because a list forgot it.
	a.put(box, `{"storage":{"disks":[{"action":"create","size":1}]}}`).fails(http.StatusConflict, "DISK_WOULD_BE_LOST")
	a.put(box, `{"storage":{"disks":[{"path":"`+disk+`","size":20},{"target":"sda","path":"other.iso"},{"action":"create","size":1}]}}`).want(http.StatusOK).check(map[string]string{
		"data.storage.disks.0.size": "20", "data.storage.disks.1.path": otherUUID + "/other.iso", "data.storage.disks.2.size": "1", "data.storage.disks.2.target": "vdb",
	})
	a.put(box+"?remove_disks=true", `{"storage":{"disks":[{"path":"`+disk+`"}]}}`).want(http.StatusOK).check(map[string]string{"data.storage.disks.1": "", "data.storage.disks.0.size": "20"})

	// Cards are found by their address, then by their network.
	makeNetwork2 := a.post("/virtualization/networks", `{"name":"dmz","mode":"private"}`)
	makeNetwork2.want(http.StatusCreated)
	a.put(box, `{"networks":[{"source":"dmz","mac":"52:54:00:12:34:56","model":"e1000"},{"source":"lan"}]}`).want(http.StatusOK).check(map[string]string{
		"data.networks.0.source": "dmz", "data.networks.0.model": "e1000", "data.networks.0.mac": "52:54:00:12:34:56", "data.networks.1.source": "lan",
	})
	a.put(box, `{"networks":[]}`).want(http.StatusOK).check(map[string]string{"data.networks": "[]"})

	a.running("vms", "box", true)
	a.put(box, `{"networks":[{"source":"lan"}]}`).fails(http.StatusConflict, "VM_RUNNING")
	a.put(box, `{"uefi":true}`).fails(http.StatusConflict, "VM_RUNNING")
	a.put(box, `{"storage":{"disks":[{"path":"`+disk+`"},{"action":"create","size":1}]}}`).fails(http.StatusConflict, "VM_RUNNING")
	a.put(box, `{"name":"crate","memory":300}`).want(http.StatusOK).check(map[string]string{"data.name": "crate", "data.state": "running"})
}

func TestActions(t *testing.T) {
	t.Parallel()
	a := start(t)
	makeNetwork(a, "lan")
	uuid := makeVM(a, "box").text("data.uuid")
	box := "/virtualization/computes/box"
	wish := func() string {
		t.Helper()
		var op string
		a.update(func(tx *store.Tx) error {
			rows, err := tx.Find("machines", store.Eq("name", schema.TextValue("box")))
			op = rows[0].Get("power_op").Text()
			return err
		})
		return op
	}
	a.post(box+"/action", `{"action":"reset"}`).fails(http.StatusConflict, "VM_NOT_RUNNING")
	for _, c := range []struct{ path, body, wish string }{
		{"/action", `{"action":"start"}`, "poweron"},
		{"/action", `{"action":"stop"}`, "poweroff"},
		{"/action", `{"action":"stop","force":true}`, "kill"},
		{"/start", ``, "poweron"},
		{"/action", `{"action":"force-stop"}`, "kill"},
		{"/start", `{}`, "poweron"},
		{"/action", `{"action":"destroy"}`, "kill"},
		{"/start", ``, "poweron"},
		{"/restart", ``, "reboot"},
		{"/restart", `{"force":true}`, "reset"},
		{"/reset", ``, "reset"},
		{"/stop", ``, "poweroff"},
	} {
		a.post(box+c.path, c.body).want(http.StatusOK).check(map[string]string{"data.vm_id": uuid})
		if got := wish(); got != c.wish {
			t.Errorf("%s %s asks the machine to %s, want %s", c.path, c.body, got, c.wish)
		}
	}
	a.post(box+"/action", `{"action":"pause"}`).fails(http.StatusNotImplemented, "NOT_IMPLEMENTED")
	a.post(box+"/action", `{"action":"explode"}`).fails(http.StatusBadRequest, "INVALID_REQUEST")
}

func TestDeleteVM(t *testing.T) {
	t.Parallel()
	a := start(t)
	makeNetwork(a, "lan")
	makeVM(a, "box")
	a.running("vms", "box", true)
	a.delete("/virtualization/isos/"+isoUUID).fails(http.StatusConflict, "ISO_IN_USE")
	a.delete("/virtualization/networks/lan").fails(http.StatusConflict, "NETWORK_IN_USE")
	if r := a.delete("/virtualization/computes/box?remove_disks=true").want(http.StatusNoContent); len(r.Body) > 0 {
		t.Errorf("the reply has a body: %s", r.Body)
	}
	a.get("/virtualization/computes/box").fails(http.StatusNotFound, "VM_NOT_FOUND")
	a.delete("/virtualization/isos/" + isoUUID).want(http.StatusOK).check(map[string]string{"data.id": isoUUID})
	a.delete("/virtualization/networks/lan").want(http.StatusNoContent)
}
