package domxml_test

import (
	"strings"
	"testing"

	"dewpoint/internal/host/domxml"
	"dewpoint/test/golden"
)

// releasedShapes are domains of all shapes that were given to libvirt.
func releasedShapes(t *testing.T) map[string]string {
	t.Helper()
	made := map[string]string{}
	for name, vm := range shapes() {
		const dir = "/var/lib/libvirt/images/web-6f1c"
		for i := range vm.Drives {
			if vm.Drives[i].Device == "disk" {
				vm.Drives[i].Path, vm.Drives[i].Layers = dir+"/disk.qcow2", nil
			}
		}
		if vm.Seed != "" {
			vm.Seed = dir + "/" + domxml.SeedFile
		}
		to := domxml.Released{Name: `web & "co"`, Dir: dir, Network: "default"}
		if name == "usual" {
			to.Network, to.Bridge = "", "br0"
		}
		domain, err := domxml.Release(vm, &debian12, to)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		text, err := domain.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		made[name] = text
	}
	return made
}

// TestReleased: nothing of ours is in a domain that was given to libvirt, whatever the VM has.
func TestReleased(t *testing.T) {
	t.Parallel()
	for name, text := range releasedShapes(t) {
		for _, ours := range []string{"dewpoint", "dpa1b2", "dp-", "/var/lib/dewpoint", "<alias"} {
			if strings.Contains(text, ours) {
				t.Errorf("%s holds %s:\n%s", name, ours, text)
			}
		}
		if name == "usual" || name == "secure-boot" {
			golden.Equal(t, "testdata/released-"+name+".xml", text+"\n")
		}
		if f := domxml.ParseForeign(text); name != "trusted" && f.Title == "" {
			t.Errorf("%s can't be read again: %+v", name, f)
		}
	}
}
