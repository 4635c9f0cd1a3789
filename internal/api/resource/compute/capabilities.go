package compute

import (
	"context"
	"net/http"
	"slices"

	"dewpoint/internal/api/resource/frame"
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/query"
)

// capabilities is what VMs can have on the nodes.
type capabilities struct {
	Arch         string              `json:"arch"`
	Domain       string              `json:"domain" enum:"kvm,qemu" doc:"how guests run: by KVM, or emulated"`
	MachineTypes []string            `json:"machine_types"`
	Enums        map[string][]string `json:"enums" doc:"what there is of CPU models, and of the interfaces and models of devices"`
}

type capabilitiesQuery struct {
	Arch    string `query:"arch" enum:"x86_64"`
	Virt    string `query:"virt_type" enum:"kvm,qemu" doc:"guests run by KVM wherever that works; asking for it changes nothing"`
	Machine string `query:"machine_type" doc:"refused unless there is such a one"`
	Raw     bool   `query:"include_raw" doc:"not built"`
}

// offered are columns whose values are what VMs can have, by the names that clients know.
var offered = []struct{ name, table, column string }{
	{"disk_bus", "machine_drives", "interface"},
	{"network_model", "machine_nics", "interface"},
	{"video", "vms", "video"},
	{"sound", "vms", "sound"},
	{"graphics", "vms", "console"},
	{"device", "machine_devices", "type"},
}

func addCapabilities(s *service) {
	o := frame.Operation{
		ID: "get-capabilities", Method: http.MethodGet, Path: "/virtualization/capabilities", Summary: "Tell what virtual machines can have", Tag: "virtual machines",
		Codes: frame.Codes{Invalid: "INVALID_REQUEST"},
	}
	frame.Add(s.Server, o, s.capabilities)
}

func (s *service) capabilities(ctx context.Context, in *capabilitiesQuery) (out capabilities, err error) {
	if in.Raw {
		return out, errs.New(errs.NotBuilt, "not_built", "Dewpoint doesn't keep the hypervisor's own document; leave include_raw out").On("include_raw")
	}
	nodes, err := engine.List[struct {
		Accelerator string   `json:"accelerator"`
		Machines    []string `json:"machine_types"`
		CPUs        []string `json:"cpu_models"`
	}](ctx, s.Engine, "nodes", query.Request{Fields: "accelerator,machine_types,cpu_models"})
	if err != nil {
		return out, err
	}
	out = capabilities{Arch: "x86_64", Domain: "qemu", MachineTypes: []string{}, Enums: map[string][]string{"cpu_model": {}}}
	for _, n := range nodes {
		if n.Accelerator == "kvm" {
			out.Domain = "kvm"
		}
		out.MachineTypes, out.Enums["cpu_model"] = append(out.MachineTypes, n.Machines...), append(out.Enums["cpu_model"], n.CPUs...)
	}
	out.MachineTypes, out.Enums["cpu_model"] = once(out.MachineTypes), once(out.Enums["cpu_model"])
	for _, o := range offered {
		out.Enums[o.name] = s.values(o.table, o.column)
	}
	if in.Machine != "" && !slices.Contains(out.MachineTypes, in.Machine) {
		return out, errs.New(errs.Invalid, "invalid_request", "there is no machine type %q", in.Machine).On("machine_type")
	}
	return out, nil
}

// once sorts a list, and leaves each of its texts in it once.
func once(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

// values lists those of a column that are built.
func (s *service) values(table, column string) []string {
	f := s.Engine.Schema().Table(table).Field(column)
	if len(f.Built) > 0 {
		return f.Built
	}
	all := []string{}
	for _, v := range f.Enum {
		all = append(all, v.Value)
	}
	return all
}
