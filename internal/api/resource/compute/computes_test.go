package compute_test

import (
	"net/http"
	"testing"

	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/test/rig/v1"
)

func TestCreateAndReadVM(t *testing.T) {
	t.Parallel()
	a, made := v1.StartWithVM(t)
	want := map[string]string{
		"data.name": "box", "data.state": "shutoff", "data.memory": "256", "data.vcpus": "2", "data.running": "false", "data.autostart": "true",
		"data.metadata.team": "blue", "data.metadata.n": "3", "data.persistent": "true", "data.graphics.0.type": "vnc", "data.os.family": "linux",
		"data.storage.disks.0.device": "disk", "data.storage.disks.0.bus": "virtio", "data.storage.disks.0.target": "vda", "data.storage.disks.0.size": "10",
		"data.storage.disks.0.capacity": "10737418240", "data.storage.disks.0.format": "qcow2", "data.storage.disks.0.storage_pool": "default",
		"data.storage.disks.1.device": "cdrom", "data.storage.disks.1.bus": "sata", "data.storage.disks.1.target": "sda", "data.storage.disks.1.readonly": "true",
		"data.storage.disks.1.path": v1.ISOUUID + "/box.iso", "data.networks.0.source": "lan", "data.networks.0.mac": "52:54:00:12:34:56",
		"data.networks.0.bridge": "dpabcdb1", "data.networks.0.target": "", "data.graphics.0.listen": "127.0.0.1", "data.graphics.0.port": "-1", "data.graphics.0.connected": "false",
		"data.storage.disks.0.bootable": "true", "data.storage.disks.0.boot_order": "1", "data.storage.disks.1.boot_order": "2", "data.storage.disks.0.cache": "writeback",
		"data.storage.disks.1.source": v1.ISOUUID + "/box.iso", "data.os.distro": "debian", "data.os.version": "12",
	}
	made.Check(want)
	uuid := made.Text("data.uuid")
	for _, path := range []string{"/virtualization/computes/" + uuid, "/virtualization/computes/box", "/virtualization/virtualmachines/box"} {
		a.Get(path).Want(http.StatusOK).Check(want).Check(map[string]string{"data.uuid": uuid})
	}
	list := a.Get("/virtualization/computes").Want(http.StatusOK)
	list.Check(map[string]string{"data.count": "1", "data.vms.0.uuid": uuid, "data.vms.0.networks.0.source": "lan", "data.vms.0.disks.1.device": "cdrom"})
	a.Post("/virtualization/computes", `{"name":"box","memory":256,"vcpus":1,"disk_size":1}`).Fails(http.StatusConflict, "VM_NAME_EXISTS")
	if n := count(a, "machines"); n != 2 { // the VM's and the network's
		t.Errorf("%d machines after a refused create, want 2", n)
	}
}

// The whole VM is made, or nothing of it: a network card that can't be takes back the VM and its drives.
func TestCreateIsOneTransaction(t *testing.T) {
	t.Parallel()
	a := v1.Start(t)
	v1.MakeNetwork(a, "lan")
	a.Post("/virtualization/computes", `{"name":"x","memory":256,"vcpus":1,"disk_size":1,
		"networks":[{"source":"lan","mac":"52:54:00:00:00:01"},{"source":"lan","mac":"52:54:00:00:00:01"}]}`).Fails(http.StatusConflict, "CONFLICT")
	for table, want := range map[string]int64{"vms": 0, "machine_drives": 0, "machine_nics": 1} { // the router's
		if n := count(a, table); n != want {
			t.Errorf("%d rows in %s, want %d", n, table, want)
		}
	}
}

// TestTPMOfVM: a VM is made with a TPM, which an update takes away and gives back.
func TestTPMOfVM(t *testing.T) {
	t.Parallel()
	a := v1.Start(t)
	a.Post("/virtualization/computes", `{"name":"t","memory":256,"vcpus":1,"disk_size":1,"tpm":true}`).Want(http.StatusCreated).Check(map[string]string{"data.tpm": "true"})
	for _, want := range []string{"true", "false", "true"} {
		a.Put("/virtualization/computes/t", `{"tpm":`+want+`}`).Want(http.StatusOK).Check(map[string]string{"data.tpm": want})
		a.Put("/virtualization/computes/t", `{"description":"x"}`).Want(http.StatusOK).Check(map[string]string{"data.tpm": want})
		if n := count(a, "machine_devices"); (n == 1) != (want == "true") {
			t.Errorf("tpm %s: %d devices", want, n)
		}
	}
}

func count(a *v1.API, table string) (n int64) {
	a.T.Helper()
	a.Update(func(tx *store.Tx) (err error) {
		n, err = tx.Count(table)
		return err
	})
	return n
}

func TestBasicForm(t *testing.T) {
	t.Parallel()
	a := v1.Start(t)
	v1.MakeNetwork(a, "lan")
	a.Update(v1.AddISO("tiny.iso", v1.ISOUUID))
	for name, iso := range map[string]string{"by-name": "tiny.iso", "by-path": "/var/lib/isos/tiny.iso", "by-id": v1.ISOUUID, "by-our-path": v1.ISOUUID + "/tiny.iso"} {
		made := a.Post("/virtualization/virtualmachines", `{"name":"`+name+`","memory":256,"vcpus":1,"disk_size":2,"iso_path":"`+iso+`",
			"network":{"type":"network","source":"lan","model":"e1000"},"graphics":{"type":"spice"},"storage_pool":"tier2"}`).Want(http.StatusCreated)
		made.Check(map[string]string{
			"data.disks.0.size": "2", "data.disks.0.storage_pool": "tier2", "data.disks.1.device": "cdrom", "data.disks.1.path": v1.ISOUUID + "/tiny.iso",
			"data.networks.0.model": "e1000", "data.graphics.0.type": "spice",
		})
	}
}

func TestUpdateVM(t *testing.T) {
	t.Parallel()
	a, _ := v1.StartWithVM(t)
	a.Update(v1.AddISO("other.iso", v1.OtherUUID))
	const box = "/virtualization/computes/box"
	disk := a.Get(box).Text("data.storage.disks.0.path")

	// What the body leaves out stays.
	out := a.Put(box, `{"memory":512}`).Want(http.StatusOK).Check(map[string]string{"data.memory": "512", "data.vcpus": "2", "data.autostart": "true", "data.networks.0.source": "lan"})
	if out.Text("message") == "" {
		t.Error("the reply has no message beside its data")
	}
	a.Put(box, `{"autostart":false}`).Want(http.StatusOK).Check(map[string]string{"data.autostart": "false"})

	// A disk with content doesn't vanish because a list forgot it.
	a.Put(box, `{"storage":{"disks":[{"action":"create","size":1}]}}`).Fails(http.StatusConflict, "DISK_WOULD_BE_LOST")
	a.Put(box, `{"storage":{"disks":[{"path":"`+disk+`","size":20},{"target":"sda","path":"other.iso"},{"action":"create","size":1}]}}`).Want(http.StatusOK).Check(map[string]string{
		"data.storage.disks.0.size": "20", "data.storage.disks.1.path": v1.OtherUUID + "/other.iso", "data.storage.disks.2.size": "1", "data.storage.disks.2.target": "vdb",
	})
	a.Put(box+"?remove_disks=true", `{"storage":{"disks":[{"path":"`+disk+`"}]}}`).Want(http.StatusOK).Check(map[string]string{"data.storage.disks.1": "", "data.storage.disks.0.size": "20"})

	// Cards are found by their address, then by their network.
	makeNetwork2 := a.Post("/virtualization/networks", `{"name":"dmz","mode":"private"}`)
	makeNetwork2.Want(http.StatusCreated)
	a.Put(box, `{"networks":[{"source":"dmz","mac":"52:54:00:12:34:56","model":"e1000"},{"source":"lan"}]}`).Want(http.StatusOK).Check(map[string]string{
		"data.networks.0.source": "dmz", "data.networks.0.model": "e1000", "data.networks.0.mac": "52:54:00:12:34:56", "data.networks.1.source": "lan",
	})
	a.Put(box, `{"networks":[]}`).Want(http.StatusOK).Check(map[string]string{"data.networks": "[]"})

	a.Running("vms", "box", true)
	a.Put(box, `{"networks":[{"source":"lan"}]}`).Fails(http.StatusConflict, "VM_RUNNING")
	a.Put(box, `{"uefi":true}`).Fails(http.StatusConflict, "VM_RUNNING")
	a.Put(box, `{"storage":{"disks":[{"path":"`+disk+`"},{"action":"create","size":1,"bus":"sata"}]}}`).Fails(http.StatusConflict, "HOTPLUG_NOT_SUPPORTED")
	a.Put(box, `{"name":"crate","memory":300}`).Want(http.StatusOK).Check(map[string]string{"data.name": "crate", "data.state": "running"})
}

func TestActions(t *testing.T) {
	t.Parallel()
	a, made := v1.StartWithVM(t)
	uuid := made.Text("data.uuid")
	box := "/virtualization/computes/box"
	wish := func() string {
		t.Helper()
		var op string
		a.Update(func(tx *store.Tx) error {
			rows, err := tx.Find("machines", store.Eq("name", schema.TextValue("box")))
			op = rows[0].Get("power_op").Text()
			return err
		})
		return op
	}
	for _, action := range []string{"reset", "restart", "stop", "force-stop", "destroy", "pause", "resume"} {
		a.Post(box+"/action", `{"action":"`+action+`"}`).Fails(http.StatusConflict, "VM_NOT_RUNNING")
	}
	a.Running("vms", "box", true)
	for _, c := range []struct{ path, body, wish string }{
		{"/action", `{"action":"start"}`, "poweron"},
		{"/action", `{"action":"stop"}`, "poweroff"},
		{"/action", `{"action":"stop","force":true}`, "kill"},
		{"/start", ``, "poweron"},
		{"/action", `{"action":"force-stop"}`, "kill"},
		{"/start", `{}`, "poweron"},
		{"/action", `{"action":"pause"}`, "pause"},
		{"/resume", ``, "resume"},
		{"/action", `{"action":"destroy"}`, "kill"},
		{"/start", ``, "poweron"},
		{"/restart", ``, "reboot"},
		{"/restart", `{"force":true}`, "reset"},
		{"/reset", ``, "reset"},
		{"/stop", ``, "poweroff"},
	} {
		a.Post(box+c.path, c.body).Want(http.StatusOK).Check(map[string]string{"data.vm_id": uuid})
		if got := wish(); got != c.wish {
			t.Errorf("%s %s asks the machine to %s, want %s", c.path, c.body, got, c.wish)
		}
	}
	a.Post(box+"/action", `{"action":"explode"}`).Fails(http.StatusBadRequest, "INVALID_REQUEST")
}

func TestDeleteVM(t *testing.T) {
	t.Parallel()
	a, _ := v1.StartWithVM(t)
	a.Running("vms", "box", true)
	a.Delete("/virtualization/isos/"+v1.ISOUUID).Fails(http.StatusConflict, "ISO_IN_USE")
	a.Delete("/virtualization/networks/lan").Fails(http.StatusConflict, "NETWORK_IN_USE")
	if r := a.Delete("/virtualization/computes/box?remove_disks=true").Want(http.StatusNoContent); len(r.Body) > 0 {
		t.Errorf("the reply has a body: %s", r.Body)
	}
	a.Get("/virtualization/computes/box").Fails(http.StatusNotFound, "VM_NOT_FOUND")
	a.Delete("/virtualization/isos/" + v1.ISOUUID).Want(http.StatusOK).Check(map[string]string{"data.id": v1.ISOUUID})
	a.Delete("/virtualization/networks/lan").Want(http.StatusNoContent)
}

// An older name for making a VM does the same.
func TestCreateEnhanced(t *testing.T) {
	t.Parallel()
	a := v1.Start(t)
	for name, family := range map[string]string{"a": "computes", "b": "virtualmachines"} {
		a.Post("/virtualization/"+family+"/create-enhanced", `{"name":"`+name+`","memory":256,"vcpus":1,"storage":{"disks":[{"action":"create","size":1}]}}`).
			Want(http.StatusCreated).Check(map[string]string{"data.name": name, "data.state": "shutoff"})
	}
}
