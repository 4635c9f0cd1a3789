package compute_test

import (
	"net/http"
	"testing"

	"dewpoint/internal/model/compute"
	"dewpoint/internal/model/system"
	"dewpoint/internal/store"
	"dewpoint/test/rig/v1"
)

const shots = "/virtualization/computes/box/snapshots"

// disksMade has all disks made, as the storage controller does it.
func disksMade(a *v1.API) {
	a.Update(func(tx *store.Tx) error {
		drives, err := store.FindRows[compute.MachineDrive](tx)
		for _, d := range drives {
			if err := store.Write(tx, d.Key, compute.MachineDriveStatusSet{}.Ready(true)); err != nil {
				return err
			}
		}
		return err
	})
}

// taken has a snapshot taken, as its operation does it.
func taken(a *v1.API, memory bool) {
	a.Update(func(tx *store.Tx) error {
		all, err := store.FindRows[compute.MachineSnapshot](tx)
		if err != nil {
			return err
		}
		ops, err := store.FindRows[system.Operation](tx)
		for _, op := range ops {
			if err := store.Write(tx, op.Key, system.OperationSet{}.Status("complete").Ended(1)); err != nil {
				return err
			}
		}
		if err != nil {
			return err
		}
		return store.Write(tx, all[len(all)-1].Key, compute.MachineSnapshotSet{}.Taken(true).Memory(memory).PauseMs(7))
	})
}

// TestSnapshots: a snapshot has its place in the list from the request on, by both families of paths, and is gone after its deletion.
func TestSnapshots(t *testing.T) {
	t.Parallel()
	a, vm := v1.StartWithVM(t)
	a.Get(shots + "/capabilities").Want(http.StatusOK).Check(map[string]string{"data.capabilities.supports_snapshots": "false", "data.capabilities.overall_capabilities.external_snapshots": "false"})
	a.Post(shots, `{"name":"one"}`).Fails(http.StatusBadRequest, "SNAPSHOT_NOT_SUPPORTED")
	disksMade(a)
	a.Get(shots + "/capabilities").Want(http.StatusOK).Check(map[string]string{
		"data.capabilities.supports_snapshots": "true", "data.capabilities.supports_internal": "false", "data.capabilities.supports_external": "true",
		"data.capabilities.supports_memory": "false", "data.capabilities.disk_formats.0.format": "qcow2", "data.capabilities.disk_formats.1.format": "",
	})
	made := a.Post(shots, `{"name":"one","description":"d","memory":true,"force_external":true,"quiesce":true}`).Want(http.StatusCreated).Check(map[string]string{
		"data.snapshot.name": "one", "data.snapshot.state": "creating", "data.snapshot.type": "external", "data.snapshot.description": "d",
		"data.snapshot.vm_uuid": vm.Text("data.uuid"), "data.warnings.0": "the VM is off, so there is no memory to keep", "data.snapshot.memory": "false",
	})
	a.Get("/jobs/" + made.Text("data.jobs.0")).Want(http.StatusOK).Check(map[string]string{"data.type": "vm_snapshot", "data.resource.type": "snapshot"})
	for _, path := range []string{shots, "/virtualization/virtualmachines/" + vm.Text("data.uuid") + "/snapshots"} {
		a.Get(path).Want(http.StatusOK).Check(map[string]string{"data.count": "1", "data.snapshots.0.name": "one", "data.snapshots.0.disks.0.size_bytes": "10737418240", "data.snapshots.0.disks.1": ""})
	}
	a.Post(shots, `{"name":"one"}`).Fails(http.StatusConflict, "SNAPSHOT_ALREADY_EXISTS")
	a.Post(shots+"/one/revert", ``).Fails(http.StatusConflict, "SNAPSHOT_INCOMPLETE")
	taken(a, false)
	a.Get(shots + "/one").Want(http.StatusOK).Check(map[string]string{
		"data.snapshot.state": "shutoff", "data.snapshot.current": "true", "data.snapshot.quiesced": "false", "data.snapshot.disk_formats.drive_0": "qcow2",
		"data.snapshot.warnings.0": "the guest's agent didn't answer, so its data wasn't flushed to disk first: the snapshot is as after a loss of power",
	})
	for flags, code := range map[string]int{"3": 400, "8": 400, "2": 400, "1": 200} {
		a.Post(shots+"/one/revert", `{"flags":`+flags+`}`).Want(code)
	}
	a.Post(shots+"/one/revert", ``).Want(http.StatusOK).Check(map[string]string{"data.vm_name": "box", "data.snapshot_name": "one"})
	a.Delete(shots+"/one").Fails(http.StatusConflict, "SNAPSHOT_BUSY")
	taken(a, true)
	a.Post(shots+"/one/revert", `{"flags":2}`).Want(http.StatusOK)
	taken(a, true)
	a.Delete(shots + "/one").Want(http.StatusNoContent)
	a.Delete(shots+"/one").Fails(http.StatusNotFound, "SNAPSHOT_NOT_FOUND")
	a.Get(shots+"/one").Fails(http.StatusNotFound, "SNAPSHOT_NOT_FOUND")
	a.Get("/virtualization/computes/nobody/snapshots").Fails(http.StatusNotFound, "VM_NOT_FOUND")
	for _, name := range []string{"", ".", "..", "capabilities", "a\\nb"} {
		a.Post(shots, `{"name":"`+name+`"}`).Fails(http.StatusBadRequest, "INVALID_REQUEST")
	}
}

// TestSnapshotDeletedAtOnce: who deletes a snapshot that is still being taken cancels the job.
func TestSnapshotDeletedAtOnce(t *testing.T) {
	t.Parallel()
	a, _ := v1.StartWithVM(t)
	disksMade(a)
	made := a.Post(shots, `{"name":"a/b"}`).Want(http.StatusCreated)
	a.Get(shots + "/a%2Fb").Want(http.StatusOK)
	a.Delete(shots + "/a%2Fb").Want(http.StatusNoContent)
	a.Get(shots).Want(http.StatusOK).Check(map[string]string{"data.count": "0"})
	a.Get("/jobs/" + made.Text("data.jobs.0")).Want(http.StatusOK).Check(map[string]string{"data.status": "cancelled"})
}
