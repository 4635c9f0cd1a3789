package compute_test

import (
	"net/http"
	"testing"

	"dewpoint/test/rig/v1"
)

// TestHotplug changes a VM that is off at once, and one that runs by jobs.
func TestHotplug(t *testing.T) {
	t.Parallel()
	a, made := v1.StartWithVM(t)
	const box, plug, unplug = "/virtualization/computes/box", "/virtualization/computes/box/hotplug", "/virtualization/virtualmachines/box/hotunplug"
	uuid := made.Text("data.uuid")

	out := a.Post(plug, `{"resource_type":"disk","action":"add","config":{"size":1}}`).Want(http.StatusOK)
	out.Check(map[string]string{"data.vm_id": uuid, "data.resource_type": "disk", "data.action": "add", "data.jobs": ""})
	a.Get(box).Want(http.StatusOK).Check(map[string]string{"data.storage.disks.2.id": out.Text("data.details.id"), "data.storage.disks.2.target": "vdb"})
	a.Post(unplug, `{"resource_type":"disk","config":{"target":"vdb","delete":true}}`).Want(http.StatusOK).Check(map[string]string{"data.action": "remove"})
	a.Get(box).Want(http.StatusOK).Check(map[string]string{"data.storage.disks.2": ""})
	a.Post(plug, `{"operation":"add","resource_type":"network","configuration":{"type":"network","source":"lan","mac":"52:54:00:00:00:09"}}`).Want(http.StatusOK)
	a.Get(box).Want(http.StatusOK).Check(map[string]string{"data.networks.1.mac": "52:54:00:00:00:09"})
	a.Post(plug, `{"resource_type":"cpu","action":"add","config":{"count":3}}`).Want(http.StatusOK)
	a.Post(plug, `{"resource_type":"memory","action":"update","config":{"size_mb":512}}`).Want(http.StatusOK)
	a.Get(box).Want(http.StatusOK).Check(map[string]string{"data.vcpus": "3", "data.memory": "512"})

	a.Running("vms", "box", true)
	for _, c := range []struct {
		path, body string
		status     int
		code       string
	}{
		{plug, `{"resource_type":"disk","action":"add","config":{"size":1,"bus":"sata"}}`, http.StatusConflict, "HOTPLUG_NOT_SUPPORTED"},
		{plug, `{"resource_type":"usb","action":"add","config":{"vendor_id":"1","product_id":"2"}}`, http.StatusNotImplemented, "NOT_IMPLEMENTED"},
		{plug, `{"resource_type":"disk","action":"update","config":{"size":1}}`, http.StatusBadRequest, "INVALID_REQUEST"},
		{plug, `{"resource_type":"cpu","action":"add","config":{}}`, http.StatusBadRequest, "INVALID_REQUEST"},
		{plug, `{"resource_type":"cpu","action":"add"}`, http.StatusBadRequest, "INVALID_REQUEST"},
		{plug, `{"resource_type":"soup","action":"add","config":{}}`, http.StatusBadRequest, "INVALID_REQUEST"},
		{plug, `{"resource_type":"network","action":"add","config":{"source":"none"}}`, http.StatusBadRequest, "NETWORK_NOT_FOUND"},
		{unplug, `{"resource_type":"disk","config":{"target":"vdz"}}`, http.StatusNotFound, "DEVICE_NOT_FOUND"},
		{"/virtualization/computes/none/hotplug", `{"resource_type":"disk","config":{"size":1}}`, http.StatusNotFound, "VM_NOT_FOUND"},
	} {
		a.Post(c.path, c.body).Fails(c.status, c.code)
	}
	before := count(a, "machine_drives")
	if jobs := a.Post(plug, `{"resource_type":"disk","action":"add","config":{"size":1}}`).Want(http.StatusOK).Text("data.jobs.0"); jobs == "" {
		t.Error("no job plugs the disk into the running VM")
	}
	disk := a.Get(box).Text("data.storage.disks.0.path")
	reply := a.Put(box, `{"storage":{"disks":[{"path":"`+disk+`"},{"target":"sda"},{"target":"vdb"},{"action":"create","size":1}]}}`).Want(http.StatusOK)
	if reply.Text("data.jobs.0") == "" || count(a, "machine_drives") != before+2 {
		t.Errorf("an update of a running VM adds a disk: %s", reply.Text("data.jobs"))
	}
}

// TestNetworkLink tells and changes the link of a card, by its address and by its end on the host.
func TestNetworkLink(t *testing.T) {
	t.Parallel()
	a, _ := v1.StartWithVM(t)
	const link, mac = "/virtualization/computes/box/network-link", "52:54:00:12:34:56"
	a.Get(link + "/" + mac).Want(http.StatusOK).Check(map[string]string{"status": "success", "state": "up", "mac": mac, "interface": mac})
	a.Post(link, `{"interface":"`+mac+`","state":"down"}`).Want(http.StatusOK).Check(map[string]string{"state": "down", "mac": mac})
	a.Get(link + "/" + mac).Want(http.StatusOK).Check(map[string]string{"state": "down"})
	a.Post(link, `{"interface":"eth7","state":"down"}`).Fails(http.StatusNotFound, "INTERFACE_NOT_FOUND")
	a.Post(link, `{"interface":"`+mac+`","state":"sideways"}`).Fails(http.StatusBadRequest, "INVALID_REQUEST")
	a.Running("vms", "box", true)
	tap := a.Get("/virtualization/computes/box").Text("data.networks.0.target")
	a.Get(link + "/" + tap).Want(http.StatusOK).Check(map[string]string{"interface": tap, "mac": mac, "state": "down"})
}
