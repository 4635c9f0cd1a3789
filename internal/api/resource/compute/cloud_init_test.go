package compute_test

import (
	"net/http"
	"strings"
	"testing"

	"dewpoint/test/rig/v1"
)

// TestCloudInit: what a client says of cloud-init becomes the VM's files; a reply shows it, and may be sent back.
func TestCloudInit(t *testing.T) {
	t.Parallel()
	a := v1.Start(t)
	made := a.Post("/virtualization/computes", `{"name":"c","memory":256,"vcpus":1,"disk_size":1,"cloud_init":{
		"user_data":"#cloud-config\npackages: [nano]\n","meta_data":"instance-id: one\n","ssh_keys":["ssh-ed25519 AAAA"],
		"users":[{"name":"ann","password":"secret","sudo":"ALL=(ALL) ALL"}],"packages":["vim"],"runcmd":["echo a: b"]}}`).Want(http.StatusCreated)
	made.Check(map[string]string{"data.cloud_init.source": "nocloud", "data.cloud_init.meta_data": "instance-id: one\n", "data.cloud_init.hostname": "c"})
	for _, part := range []string{"#cloud-config\n", "- nano\n", "- vim\n", "- default\n", "name: ann", "plain_text_passwd: secret", "ssh-ed25519 AAAA", "echo a: b"} {
		if text := made.Text("data.cloud_init.user_data"); !strings.Contains(text, part) {
			t.Errorf("user-data is %q, without %q", text, part)
		}
	}
	path := "/virtualization/computes/c"
	a.Put(path, `{"cloud_init":{"user_data":"#!/bin/sh\n","meta_data":"","hostname":"ignored","source":"nocloud","source_type":"iso"}}`).Want(http.StatusOK)
	got := a.Get(path).Want(http.StatusOK)
	got.Check(map[string]string{"data.cloud_init.user_data": "#!/bin/sh\n"})
	if strings.Contains(string(got.Body), "meta_data") {
		t.Errorf("the file that was taken away is shown: %s", got.Body)
	}
	for _, body := range []string{
		`{"cloud_init":{"user_data":"#!/bin/sh\n","packages":["vim"]}}`, `{"cloud_init":{"user_data":"#cloud-config\npackages: no\n","packages":["vim"]}}`,
		`{"cloud_init":{"users":[{}]}}`, `{"cloud_init":{"meta_data":"- a"}}`, `{"cloud_init":{"network_data":"links: []"}}`,
	} {
		a.Put(path, body).Fails(http.StatusBadRequest, "INVALID_VM_CONFIG")
	}
	a.Get(path).Check(map[string]string{"data.cloud_init.user_data": "#!/bin/sh\n"})
	if n := count(a, "cloudinit_files"); n != 1 {
		t.Errorf("%d files, want 1", n)
	}
	a.Get(path + "/explain").Want(http.StatusOK).Check(map[string]string{"data.running": "false", "data.name": "c", "data.checks.0.about": "power"})
	a.Get("/virtualization/computes/none/explain").Fails(http.StatusNotFound, "VM_NOT_FOUND")
}
