package system_test

import (
	"net/http"
	"testing"

	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/test/rig/v1"
)

// imported makes a VM whose disk is made from an image, and returns the job that does it.
func imported(a *v1.API, name string) (job string) {
	a.T.Helper()
	a.Update(func(tx *store.Tx) error {
		r := schema.NewRecord(tx.Schema().Table("files"))
		r.PutAll(schema.Set{
			"name": schema.TextValue(name + ".qcow2"), "uuid": schema.TextValue("6f1c2a8e-92a4-4c5b-9d3e-0a1b2c3d4e5f"),
			"complete": schema.BoolValue(true), "type": schema.TextValue("qcow2"),
		})
		_, err := tx.Create(r, nil)
		return err
	})
	return a.Post("/virtualization/computes", `{"name":"`+name+`","memory":256,"vcpus":1,
		"storage":{"disks":[{"action":"attach","path":"`+name+`.qcow2"}]}}`).Want(http.StatusCreated).Text("data.jobs.0")
}

// A VM whose disk is imported names the job, which its owner may read and stop, and nobody else.
func TestJobs(t *testing.T) {
	t.Parallel()
	a := v1.Start(t)
	id := imported(a, "box")
	about := map[string]string{"data.type": "drive_import", "data.status": "queued", "data.ahead": "0", "data.resource.type": "disk"}
	a.Get("/jobs/" + id).Want(http.StatusOK).Check(about)
	a.Get("/jobs?status=queued").Want(http.StatusOK).Check(map[string]string{"data.count": "1", "data.jobs.0.id": id})
	a.Get("/jobs?status=completed").Want(http.StatusOK).Check(map[string]string{"data.count": "0"})

	reader := a.Holding("rita", "vms", 0, perm.List, perm.Read)
	reader.Get("/jobs/" + id).Want(http.StatusOK).Check(about)
	reader.Post("/jobs/"+id+"/cancel", "").Fails(http.StatusForbidden, "FORBIDDEN")
	stranger := a.Holding("sam", "files", 0, perm.List, perm.Read, perm.Modify)
	stranger.Get("/jobs").Want(http.StatusOK).Check(map[string]string{"data.count": "0"})
	stranger.Get("/jobs/"+id).Fails(http.StatusNotFound, "JOB_NOT_FOUND")
	stranger.Post("/jobs/"+id+"/cancel", "").Fails(http.StatusNotFound, "JOB_NOT_FOUND")
	a.Get("/jobs/" + id).Check(about)

	a.Post("/jobs/"+id+"/cancel", "").Want(http.StatusOK).Check(map[string]string{"data.status": "cancelled", "data.cancel_requested": "true"})
	a.Get("/jobs/999").Fails(http.StatusNotFound, "JOB_NOT_FOUND")
}
