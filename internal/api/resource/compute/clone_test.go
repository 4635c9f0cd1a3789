package compute_test

import (
	"net/http"
	"testing"

	"dewpoint/test/rig/v1"
)

// TestClone: a VM is copied with all that it has, but for what no two VMs may share.
func TestClone(t *testing.T) {
	t.Parallel()
	a, made := v1.StartWithVM(t)
	want := map[string]string{
		"data.name": "second", "data.state": "shutoff", "data.memory": "256", "data.vcpus": "2", "data.autostart": "true", "data.metadata.team": "blue",
		"data.storage.disks.0.size": "10", "data.storage.disks.0.bus": "virtio", "data.storage.disks.0.storage_pool": "default",
		"data.storage.disks.1.path": v1.ISOUUID + "/box.iso", "data.networks.0.source": "lan", "data.os.distro": "debian",
	}
	clone := a.Post("/virtualization/computes/box/clone", `{"name":"second","full_clone":false}`).Want(http.StatusCreated).Check(want)
	for _, fresh := range []string{"data.uuid", "data.networks.0.mac", "data.storage.disks.0.id"} {
		if clone.Text(fresh) == made.Text(fresh) || clone.Text(fresh) == "" {
			t.Errorf("%s of the clone is %q, that of the VM is %q", fresh, clone.Text(fresh), made.Text(fresh))
		}
	}
	job := clone.Text("data.jobs.0")
	a.Get("/jobs/" + job).Want(http.StatusOK).Check(map[string]string{"data.type": "vm_clone", "data.status": "queued"})
	want["data.name"], want["data.storage.disks.0.storage_pool"] = "third", "tier2"
	third := a.Post("/virtualization/virtualmachines/clone", `{"source_vm":"box","name":"third","storage_pool":"tier2"}`).Want(http.StatusCreated).Check(want)
	a.Post("/virtualization/computes/box/clone", `{"name":"second"}`).Fails(http.StatusConflict, "VM_ALREADY_EXISTS")
	a.Post("/virtualization/computes/nobody/clone", `{"name":"x"}`).Fails(http.StatusNotFound, "VM_NOT_FOUND")
	a.Post("/virtualization/computes/box/clone", `{"name":""}`).Fails(http.StatusBadRequest, "INVALID_REQUEST")
	a.Post("/virtualization/computes/box/clone", `{"name":"x","snapshots":true}`).Fails(http.StatusNotImplemented, "NOT_IMPLEMENTED")
	a.Delete("/virtualization/computes/" + third.Text("data.uuid")).Want(http.StatusNoContent)
	a.Get("/jobs/" + third.Text("data.jobs.0")).Want(http.StatusOK).Check(map[string]string{"data.status": "cancelled"})
}
