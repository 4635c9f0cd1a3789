package cloudinit_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"dewpoint/internal/cloudinit"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/compute"
	"dewpoint/test/golden"
)

var web = cloudinit.VM{Key: 42, UUID: "6f1c2a8e-92a4-4c5b-9d3e-0a1b2c3d4e5f", Name: "Web Server (1).Example.org"}

func file(name, contents string, render ...string) compute.CloudinitFile {
	return compute.CloudinitFile{Name: name, Contents: contents, Render: strings.Join(render, "")}
}

// TestCompose shows the whole disk for each source and set of files.
func TestCompose(t *testing.T) {
	t.Parallel()
	network := "version: 2\nethernets:\n  eth0: {dhcp4: true}\n"
	openStack := `{"links":[{"id":"a","type":"phy","ethernet_mac_address":"52:54:00:00:00:01"}],"networks":[{"id":"n","link":"a","type":"ipv4_dhcp"}],"services":[]}`
	sets := map[string][]compute.CloudinitFile{
		"no files":         nil,
		"those of Packer":  {file("/user-data", "#cloud-config\nhostname: x\n"), file("/meta-data", "instance-id: one\nlocal-hostname: two\n")},
		"a network":        {file("network-config", network)},
		"a nested network": {file("network-config", "network:\n  version: 1\n  config: []\n")},
		"OpenStack's": {
			file("/openstack/latest/user_data", "#!/bin/sh\n"), file("/openstack/latest/meta_data.json", `{"uuid":"one","hostname":"two","random":[1]}`),
			file("/openstack/latest/network_data.json", openStack), file("/openstack/latest/vendor_data.json", `{"a":1}`),
		},
		"others":    {file("/scripts/a b.sh", ""), file("vendor-data", "#cloud-config\npackages: [vim]\n")},
		"variables": {file("user-data", "#cloud-config\nfqdn: ${VM_HOSTNAME}\n# ${VM_NAME} ${VM_UUID} ${VM_KEY} ${HOME}\n", "variables")},
		"jinja":     {file("user-data", "#cloud-config\nfqdn: {{ v1.local_hostname }}\n", "jinja2"), file("vendor-data", "## template: jinja\n#cloud-config\n", "jinja2")},
	}
	var out strings.Builder
	for _, source := range []string{cloudinit.None, cloudinit.NoCloud, cloudinit.ConfigDrive} {
		for _, name := range slices.Sorted(maps.Keys(sets)) {
			seed, err := cloudinit.Compose(source, web, sets[name])
			fmt.Fprintf(&out, "==== %s, %s: label %q, error %v\n", source, name, seed.Label, err)
			for _, path := range slices.Sorted(maps.Keys(seed.Files)) {
				fmt.Fprintf(&out, "-- %s\n%s", path, seed.Files[path])
			}
		}
	}
	golden.Equal(t, "testdata/seeds.txt", out.String())
}

// TestRefused: what can't be a seed is refused with the column that is at fault.
func TestRefused(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("[", 30000)
	many := make([]compute.CloudinitFile, 65)
	for i := range many {
		many[i] = file(fmt.Sprintf("f%d", i), "")
	}
	for _, c := range []struct {
		name, source string
		files        []compute.CloudinitFile
		field        string
		kind         errs.Kind
	}{
		{"two names of one file", cloudinit.None, []compute.CloudinitFile{file("/user-data", ""), file("openstack/latest/user_data", "")}, "name", errs.Conflict},
		{"with and without a slash", cloudinit.None, []compute.CloudinitFile{file("/x", ""), file("x", "")}, "name", errs.Conflict},
		{"a file as a folder", cloudinit.NoCloud, []compute.CloudinitFile{file("/x", ""), file("x/y", "")}, "name", errs.Invalid},
		{"a file in place of cloud-init's folder", cloudinit.ConfigDrive, []compute.CloudinitFile{file("/openstack", "")}, "name", errs.Invalid},
		{"too many", cloudinit.None, many, "owner", errs.Invalid},
		{"meta-data is a list", cloudinit.NoCloud, []compute.CloudinitFile{file("meta-data", "- a\n")}, "contents", errs.Invalid},
		{"meta-data is no YAML", cloudinit.NoCloud, []compute.CloudinitFile{file("meta-data", "a: [1\nb: }")}, "contents", errs.Invalid},
		{"meta-data is two documents", cloudinit.NoCloud, []compute.CloudinitFile{file("meta-data", "a: 1\n---\nb: 1\n")}, "contents", errs.Invalid},
		{"a bomb of aliases", cloudinit.ConfigDrive, []compute.CloudinitFile{file("meta-data", "a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n")}, "contents", errs.Invalid},
		{"nested deeply", cloudinit.NoCloud, []compute.CloudinitFile{file("meta-data", "a: "+deep)}, "contents", errs.Invalid},
		{"nested deeply by lines", cloudinit.NoCloud, []compute.CloudinitFile{file("meta-data", strings.Repeat("- ", 30000)+"a")}, "contents", errs.Invalid},
		{"a network without a version", cloudinit.NoCloud, []compute.CloudinitFile{file("network-config", "ethernets: {}\n")}, "contents", errs.Invalid},
		{"OpenStack's network for nocloud", cloudinit.NoCloud, []compute.CloudinitFile{file("network-config", `{"links":[]}`)}, "contents", errs.Invalid},
		{"netplan on a config drive", cloudinit.ConfigDrive, []compute.CloudinitFile{file("network-config", "version: 2\n")}, "contents", errs.Invalid},
		{"jinja2 where cloud-init doesn't render", cloudinit.NoCloud, []compute.CloudinitFile{file("meta-data", "", "jinja2")}, "render", errs.Invalid},
	} {
		err := cloudinit.Check(c.source, c.files)
		if e := errs.As(err); e == nil || e.Field != c.field || e.Kind != c.kind {
			t.Errorf("%s: %v, want %s on %s", c.name, err, c.kind, c.field)
		}
	}
	if err := cloudinit.Check(cloudinit.None, []compute.CloudinitFile{file("meta-data", "- a"), file("network-config", "x")}); err != nil {
		t.Errorf("files that no source reads yet: %v", err)
	}
}

// TestHostname: any name of a VM gives one that a host can have.
func TestHostname(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"web": "web", "Web 1": "web-1", "a.B.c": "a.b.c", "..x..": "x", "-a-": "a", "日本": "vm-7", "": "vm-7", "ünï": "n",
		strings.Repeat("x", 128): strings.Repeat("x", 63), strings.Repeat("a.", 60) + "b": strings.Repeat("a.", 60) + "b",
	} {
		if got := cloudinit.Hostname(cloudinit.VM{Key: 7, Name: name}); got != want {
			t.Errorf("%q became %q, want %q", name, got, want)
		}
	}
}

// FuzzCompose: no text that clients send harms the server, and what is accepted can be made.
func FuzzCompose(f *testing.F) {
	for _, text := range []string{"", "a: 1", "{\"a\":[1]}", "a: &x [1]\nb: *x", "? a\n: b", "version: 2", "{\"links\":[]}", "!!binary |\n x", "a: !!python/object x", "<<: {a: 1}"} {
		f.Add(text, true)
	}
	f.Fuzz(func(t *testing.T, text string, drive bool) {
		source := map[bool]string{true: cloudinit.ConfigDrive, false: cloudinit.NoCloud}[drive]
		for _, name := range []string{"meta-data", "network-config", "vendor-data"} {
			files := []compute.CloudinitFile{file(name, text)}
			if cloudinit.Check(source, files) != nil {
				continue
			}
			if seed, err := cloudinit.Compose(source, web, files); err != nil || len(seed.Files) < 2 {
				t.Errorf("%s of %q was accepted, and then: %v", name, text, err)
			}
		}
	})
}
