// Package cloudinit makes what cloud-init finds in a VM out of the VM's rows: the files of a seed, by the name that each of its two sources has for
// them. It is pure: texts in, texts out. docs/design/0032-cloud-init-and-guest.md says what each file becomes.
package cloudinit

import (
	"strings"

	"dewpoint/internal/errs"
	"dewpoint/internal/model/compute"
)

// The sources, as vms.cloudinit_datasource has them.
const (
	None        = "none"
	NoCloud     = "nocloud"
	ConfigDrive = "config_drive_v2"
)

// The files that cloud-init knows. Any other file lies on the seed under its own name.
const (
	UserData      = "user-data"
	MetaData      = "meta-data"
	VendorData    = "vendor-data"
	NetworkConfig = "network-config"
)

// known has the names that files of a kind are given by clients of either source.
var known = map[string]string{
	UserData: UserData, "user_data": UserData,
	MetaData: MetaData, "meta_data.json": MetaData,
	VendorData: VendorData, "vendor_data.json": VendorData,
	NetworkConfig: NetworkConfig, "network_data.json": NetworkConfig,
}

// latest is the folder of a config drive in which cloud-init looks.
const latest = "openstack/latest/"

// Place is which file a name stands for: a kind, such as UserData for /user-data and /openstack/latest/user_data, else its path on the seed.
func Place(name string) string {
	name = strings.TrimPrefix(name, "/")
	if kind := known[strings.TrimPrefix(name, latest)]; kind != "" {
		return kind
	}
	return name
}

// VM is what a seed says of the VM where its files don't.
type VM struct {
	Key  int64
	UUID string
	Name string
}

// Seed is a disk that cloud-init finds by its label.
type Seed struct {
	Label string
	Files map[string][]byte // by path
}

// source is how one of cloud-init's sources wants its files.
type source struct {
	label string
	paths map[string]string // of the kinds
	meta  func(VM, map[string]any) map[string]any
	kinds map[string]func([]byte) ([]byte, error) // how a text of a kind is brought into the form that the source reads
}

var sources = map[string]source{
	NoCloud: {
		label: "cidata",
		paths: map[string]string{UserData: UserData, MetaData: MetaData, VendorData: VendorData, NetworkConfig: NetworkConfig},
		meta:  noCloudMeta, kinds: map[string]func([]byte) ([]byte, error){NetworkConfig: netplan},
	},
	ConfigDrive: {
		label: "config-2",
		paths: map[string]string{
			UserData: latest + "user_data", MetaData: latest + "meta_data.json", VendorData: latest + "vendor_data.json", NetworkConfig: latest + "network_data.json",
		},
		meta: openStackMeta, kinds: map[string]func([]byte) ([]byte, error){NetworkConfig: openStackNetwork, VendorData: openStackVendor},
	},
}

// Compose makes the seed of a VM for a source from its files; the seed is empty where the source is None. It fails with errs.Invalid on a column of
// cloudinit_files when a file can't be what its name says.
func Compose(datasource string, vm VM, files []compute.CloudinitFile) (Seed, error) {
	src, ok := sources[datasource]
	if !ok {
		return Seed{}, nil
	}
	seed := Seed{Label: src.label, Files: map[string][]byte{}}
	texts := map[string][]byte{UserData: []byte("#cloud-config\n{}\n"), MetaData: nil}
	for _, f := range files {
		text, err := render(f, vm)
		if err != nil {
			return Seed{}, err
		}
		texts[Place(f.Name)] = text
	}
	for place, text := range texts {
		text, err := src.form(place, text, vm)
		if err != nil {
			return Seed{}, errs.Field("contents", "%s %s", place, errs.Ours(errs.Shown(err)))
		}
		path := src.paths[place]
		if path == "" {
			path = place
		}
		seed.Files[path] = text
	}
	return seed, apart(seed.Files)
}

// form brings a text into the form that the source reads.
func (s source) form(place string, text []byte, vm VM) ([]byte, error) {
	if place == MetaData {
		given, err := mapping(text)
		if err != nil {
			return nil, err
		}
		return object(s.meta(vm, given))
	}
	if f := s.kinds[place]; f != nil {
		return f(text)
	}
	return text, nil
}

// apart refuses a file where another one has a folder.
func apart(files map[string][]byte) error {
	for path := range files {
		for folder := range files {
			if strings.HasPrefix(path, folder+"/") {
				return errs.Field("name", "/%s can't be a file and the folder of /%s", folder, path)
			}
		}
	}
	return nil
}

// Check says whether a VM's files can be a seed for the source; of None, whether no two of them are the same file.
func Check(datasource string, files []compute.CloudinitFile) error {
	if len(files) > mostFiles {
		return errs.New(errs.Invalid, "too_many_files", "a VM can have %d files for cloud-init; delete one first", mostFiles).On("owner")
	}
	seen := map[string]string{}
	for _, f := range files {
		place := Place(f.Name)
		if seen[place] != "" {
			return errs.New(errs.Conflict, "cloudinit_file_exists", "the VM has %q for cloud-init already, as the file %q; change that one", place, seen[place]).On("name")
		}
		seen[place] = f.Name
	}
	_, err := Compose(datasource, VM{Key: 1, UUID: "00000000-0000-4000-8000-000000000001", Name: "vm"}, files)
	return err
}

// mostFiles bounds a seed together with the bound of a file.
const mostFiles = 64
