package compute_test

import (
	"net/http"
	"testing"

	"dewpoint/test/rig/v1"
)

const templates = "/virtualization/computes/templates"

// TestTemplates: a template is made, read, changed and deleted in both families of paths, and what can't be is refused with its code.
func TestTemplates(t *testing.T) {
	t.Parallel()
	a := v1.Start(t)
	made := a.Post(templates, `{"name":"small","os_type":"bsd","min_memory":512,"min_vcpus":2,"min_disk":8,"recommended_disk":16,"metadata":{"team":"blue"},"uefi_boot":true}`).Want(http.StatusCreated)
	want := map[string]string{
		"data.name": "small", "data.os_type": "bsd", "data.min_memory": "512", "data.recommended_disk": "16", "data.disk_format": "qcow2",
		"data.network_model": "virtio", "data.graphics_type": "vnc", "data.metadata.team": "blue", "data.uefi_boot": "true", "data.tpm": "false",
	}
	made.Check(want)
	id := made.Text("data.id")
	a.Get("/virtualization/virtualmachines/templates/" + id).Want(http.StatusOK).Check(want)
	a.Put(templates+"/"+id, `{"description":"d","min_vcpus":1,"id":`+id+`}`).Want(http.StatusOK).Check(map[string]string{"data.description": "d", "data.min_vcpus": "1", "data.min_disk": "8"})
	a.Get(templates).Want(http.StatusOK).Check(map[string]string{"data.count": "1", "data.templates.0.name": "small"})
	for body, code := range map[string]string{
		`{"name":"small","os_type":"linux","min_memory":512,"min_vcpus":1,"min_disk":1}`:                      "TEMPLATE_ALREADY_EXISTS",
		`{"name":"x","os_type":"linux","min_memory":512,"min_vcpus":1}`:                                       "TEMPLATE_VALIDATION_FAILED",
		`{"name":"x","os_type":"plan9","min_memory":512,"min_vcpus":1,"min_disk":1}`:                          "TEMPLATE_VALIDATION_FAILED",
		`{"name":"x","os_type":"linux","min_memory":512,"recommended_memory":256,"min_vcpus":1,"min_disk":1}`: "TEMPLATE_VALIDATION_FAILED",
		`{"name":"x","os_type":"linux","min_memory":512,"min_vcpus":1,"min_disk":1,"secure_boot":true}`:       "TEMPLATE_VALIDATION_FAILED",
		`{"name":"x","os_type":"linux","min_memory":512,"min_vcpus":1,"min_disk":1,"disk_format":"vmdk"}`:     "NOT_IMPLEMENTED",
		`{"name":7}`: "INVALID_REQUEST",
	} {
		status := http.StatusBadRequest
		switch code {
		case "TEMPLATE_ALREADY_EXISTS":
			status = http.StatusConflict
		case "NOT_IMPLEMENTED":
			status = http.StatusNotImplemented
		}
		a.Post(templates, body).Fails(status, code)
	}
	a.Delete(templates + "/" + id).Want(http.StatusNoContent)
	a.Get(templates+"/"+id).Fails(http.StatusNotFound, "TEMPLATE_NOT_FOUND")
	a.Delete(templates+"/small").Fails(http.StatusBadRequest, "INVALID_TEMPLATE_ID")
}

// TestFromTemplate: a VM's shape becomes a template, and a VM made from that has it, but for what the request asks for.
func TestFromTemplate(t *testing.T) {
	t.Parallel()
	a, _ := v1.StartWithVM(t)
	made := a.Post("/virtualization/computes/box/template", `{"name":"boxes","description":"like box"}`).Want(http.StatusCreated)
	made.Check(map[string]string{"data.min_memory": "256", "data.min_vcpus": "2", "data.min_disk": "10", "data.os_type": "linux", "data.metadata.team": "blue", "data.description": "like box"})
	id := made.Text("data.id")
	from := func(more string) *v1.Answer {
		return a.Post("/virtualization/computes/from-template", `{"template_id":`+id+`,`+more+`}`)
	}
	from(`"name":"second","memory":512,"network":{"source":"lan"},"metadata":{"team":"red"}`).Want(http.StatusCreated).Check(map[string]string{
		"data.vm.name": "second", "data.vm.memory": "512", "data.vm.vcpus": "2", "data.vm.storage.disks.0.size": "10", "data.vm.networks.0.model": "virtio",
		"data.vm.metadata.team": "red", "data.vm.metadata.n": "3", "data.vm.state": "shutoff", "data.message": "VM second created from template boxes",
	})
	from(`"name":"second"`).Fails(http.StatusConflict, "VM_NAME_EXISTS")
	from(`"name":"third","disk_size":9`).Fails(http.StatusBadRequest, "APPLY_TEMPLATE_FAILED")
	a.Post("/virtualization/computes/from-template", `{"template_id":99,"name":"x"}`).Fails(http.StatusNotFound, "TEMPLATE_NOT_FOUND")
	a.Post("/virtualization/computes/nobody/template", `{"name":"x"}`).Fails(http.StatusNotFound, "VM_NOT_FOUND")
	a.Post("/virtualization/computes", `{"name":"diskless","memory":256,"vcpus":1,"storage":{"disks":[{"device":"cdrom"}]}}`).Want(http.StatusCreated)
	a.Post("/virtualization/computes/diskless/template", `{"name":"x"}`).Fails(http.StatusBadRequest, "INVALID_VM_DISK")
}
