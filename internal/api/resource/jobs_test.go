package resource_test

import (
	"net/http"
	"testing"

	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// imported makes a VM whose disk is made from an image, and returns the job that does it.
func (a *api) imported(name string) (job string) {
	a.t.Helper()
	a.update(func(tx *store.Tx) error {
		r := schema.NewRecord(tx.Schema().Table("files"))
		r.PutAll(schema.Set{
			"name": schema.TextValue(name + ".qcow2"), "uuid": schema.TextValue("6f1c2a8e-92a4-4c5b-9d3e-0a1b2c3d4e5f"),
			"complete": schema.BoolValue(true), "type": schema.TextValue("qcow2"),
		})
		_, err := tx.Create(r, nil)
		return err
	})
	return a.post("/virtualization/computes", `{"name":"`+name+`","memory":256,"vcpus":1,
		"storage":{"disks":[{"action":"attach","path":"`+name+`.qcow2"}]}}`).want(http.StatusCreated).text("data.jobs.0")
}

// A VM whose disk is imported names the job, which its owner may read and stop, and nobody else.
func TestJobs(t *testing.T) {
	t.Parallel()
	a := start(t)
	id := a.imported("box")
	about := map[string]string{"data.type": "drive_import", "data.status": "queued", "data.ahead": "0", "data.resource.type": "disk"}
	a.get("/jobs/" + id).want(http.StatusOK).check(about)
	a.get("/jobs?status=queued").want(http.StatusOK).check(map[string]string{"data.count": "1", "data.jobs.0.id": id})
	a.get("/jobs?status=completed").want(http.StatusOK).check(map[string]string{"data.count": "0"})

	reader := a.holding("rita", "vms", 0, perm.List, perm.Read)
	reader.get("/jobs/" + id).want(http.StatusOK).check(about)
	reader.post("/jobs/"+id+"/cancel", "").fails(http.StatusForbidden, "FORBIDDEN")
	stranger := a.holding("sam", "files", 0, perm.List, perm.Read, perm.Modify)
	stranger.get("/jobs").want(http.StatusOK).check(map[string]string{"data.count": "0"})
	stranger.get("/jobs/"+id).fails(http.StatusNotFound, "JOB_NOT_FOUND")
	stranger.post("/jobs/"+id+"/cancel", "").fails(http.StatusNotFound, "JOB_NOT_FOUND")
	a.get("/jobs/" + id).check(about)

	a.post("/jobs/"+id+"/cancel", "").want(http.StatusOK).check(map[string]string{"data.status": "cancelled", "data.cancel_requested": "true"})
	a.get("/jobs/999").fails(http.StatusNotFound, "JOB_NOT_FOUND")
}
