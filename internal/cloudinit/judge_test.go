package cloudinit_test

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dewpoint/internal/cloudinit"
	"dewpoint/internal/model/compute"
)

// unpacked is where `scripts/setup.sh test` unpacks Debian's cloud-init, which is never installed: it would take over the host.
const unpacked = "../../.cache/cloud-init/usr/lib/python3/dist-packages"

// verdict is what cloud-init made of a seed.
type verdict struct {
	Instance, Hostname, User, Vendor string
	Cards                            []string
}

// TestCloudInitReadsIt has Debian's cloud-init read the seeds by its own sources, and check user-data against its own schema.
func TestCloudInitReadsIt(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat(filepath.Join(unpacked, "cloudinit")); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("Debian's cloud-init isn't unpacked; run scripts/setup.sh test")
	}
	user, err := cloudinit.Config{
		SSHKeys: []string{"ssh-ed25519 AAAA one"}, Packages: []string{"vim"}, RunCmd: []string{"echo hello: world"},
		Users: []cloudinit.User{{Name: "ann", Groups: "sudo", Shell: "/bin/bash", Sudo: "ALL=(ALL) NOPASSWD:ALL", Password: "s:3 #", SSHKeys: []string{"ssh-ed25519 AAAA two"}}},
	}.Text("#cloud-config\npackages: [nano]\n")
	if err != nil {
		t.Fatal(err)
	}
	vendor := "#cloud-config\npackages: [git]\n"
	network := map[string]string{
		cloudinit.NoCloud:     "network:\n  version: 2\n  ethernets:\n    eth0:\n      dhcp4: true\n    eth1:\n      addresses: [10.0.0.5/24]\n      routes: [{to: 0.0.0.0/0, via: 10.0.0.1}]\n",
		cloudinit.ConfigDrive: `{"links":[{"id":"a","type":"phy","ethernet_mac_address":"52:54:00:00:00:01"}],"networks":[{"id":"n","link":"a","type":"ipv4_dhcp"}],"services":[]}`,
	}
	cards := map[string][]string{cloudinit.NoCloud: {"eth0", "eth1"}, cloudinit.ConfigDrive: {"eth0"}}
	for _, source := range []string{cloudinit.NoCloud, cloudinit.ConfigDrive} {
		got := judge(t, source, []compute.CloudinitFile{file("/user-data", user), file("/vendor-data", vendor), file("/network-config", network[source])})
		want := verdict{Instance: web.UUID, Hostname: cloudinit.Hostname(web), User: user, Vendor: vendor, Cards: cards[source]}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", source, diff)
		}
		got = judge(t, source, []compute.CloudinitFile{file("/meta-data", "instance-id: i-1\nlocal-hostname: one.example.org\n")})
		if got.Instance != "i-1" || got.Hostname != "one.example.org" {
			t.Errorf("%s: of metadata of its own cloud-init made %+v", source, got)
		}
	}
}

func judge(t *testing.T, source string, files []compute.CloudinitFile) (v verdict) {
	t.Helper()
	seed, err := cloudinit.Compose(source, web, files)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for path, text := range seed.Files {
		path = filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("/usr/bin/python3", "testdata/judge.py", source, dir)
	cmd.Env = append(os.Environ(), "PYTHONPATH="+unpacked, "PYTHONDONTWRITEBYTECODE=1")
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		errors.As(err, &exit)
		t.Fatalf("%s: %v\n%s", source, err, exit.Stderr)
	}
	if err := json.Unmarshal(out, &v); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return v
}
