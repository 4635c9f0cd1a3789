package domxml

import (
	"fmt"
	"strconv"
	"strings"

	"libvirt.org/go/libvirtxml"

	"dewpoint/internal/model/compute"
)

// advanced has the effect of the options that administrators give in vms.advanced. It comes last: they overrule what the columns say.
func advanced(vm *VM, domain *libvirtxml.Domain) error {
	options, err := compute.VMOptions(vm.Row.Advanced)
	if err != nil {
		return err
	}
	for _, part := range []func(map[string]string, *VM, *libvirtxml.Domain) error{watchdog, leaveOut, processor, pinning, numa, hugePages} {
		if err := part(options, vm, domain); err != nil {
			return err
		}
	}
	return nil
}

// watchdog attaches the card that resets a guest which doesn't answer it any more.
func watchdog(options map[string]string, _ *VM, domain *libvirtxml.Domain) error {
	model, action := options["watchdog"], options["watchdog_action"]
	switch {
	case (model == "" || model == "none") && action != "":
		return invalid("advanced", "watchdog_action needs watchdog=i6300esb or watchdog=ib700")
	case model == "" || model == "none":
		return nil
	case action == "":
		action = "reset"
	}
	domain.Devices.Watchdogs = []libvirtxml.DomainWatchdog{{Model: model, Action: action}}
	return nil
}

// leaveOut takes away devices that every VM has, and brings the timer that none has.
func leaveOut(options map[string]string, _ *VM, domain *libvirtxml.Domain) error {
	if options["rng"] == "none" {
		domain.Devices.RNGs = nil
	}
	if options["balloon"] == "none" {
		domain.Devices.MemBalloon = &libvirtxml.DomainMemBalloon{Model: "none"}
	}
	for i := range domain.Clock.Timer {
		if timer := &domain.Clock.Timer[i]; timer.Name == "hpet" && options["hpet"] == "on" {
			timer.Present = "yes"
		}
	}
	return nil
}

func processor(options map[string]string, vm *VM, domain *libvirtxml.Domain) error {
	if options["cpu_threads"] == "2" {
		if vm.Row.CPUCores%2 != 0 {
			return invalid("advanced", "cpu_threads=2 needs an even number of CPU cores, not %d", vm.Row.CPUCores)
		}
		domain.CPU.Topology.Cores, domain.CPU.Topology.Threads = domain.CPU.Topology.Cores/2, 2
	}
	if options["cpu_features"] == "" {
		return nil
	}
	for feature := range strings.SplitSeq(options["cpu_features"], ",") {
		policy := map[byte]string{'+': "force", '-': "disable"}[feature[0]]
		domain.CPU.Features = append(domain.CPU.Features, libvirtxml.DomainCPUFeature{Policy: policy, Name: feature[1:]})
	}
	return nil
}

// pinning keeps all CPUs of the guest on the given ones of the host.
func pinning(options map[string]string, _ *VM, domain *libvirtxml.Domain) error {
	domain.VCPU.CPUSet = options["cpu_pin"]
	return nil
}

// numa cuts CPUs and memory into cells of the same size.
func numa(options map[string]string, vm *VM, domain *libvirtxml.Domain) error {
	cells, _ := strconv.ParseInt(options["numa_cells"], 10, 64)
	if cells == 0 {
		return nil
	}
	if vm.Row.CPUCores%cells != 0 || vm.Row.RAM%cells != 0 {
		return invalid("advanced", "numa_cells=%d needs CPU cores (%d) and memory (%d MiB) that can be divided by it", cells, vm.Row.CPUCores, vm.Row.RAM)
	}
	each := vm.Row.CPUCores / cells
	domain.CPU.Numa = &libvirtxml.DomainNuma{}
	for i := range cells {
		id := uint(i)
		domain.CPU.Numa.Cell = append(domain.CPU.Numa.Cell, libvirtxml.DomainCell{
			ID: &id, CPUs: fmt.Sprintf("%d-%d", i*each, (i+1)*each-1), Memory: uint(vm.Row.RAM / cells), Unit: "MiB",
		})
	}
	return nil
}

// hugePages backs the guest's memory by large pages, which somebody has to have reserved on the host: a start fails where there are too few.
func hugePages(options map[string]string, _ *VM, domain *libvirtxml.Domain) error {
	size := options["huge_pages"]
	if size == "" {
		return nil
	}
	page := libvirtxml.DomainMemoryHugepage{Size: uint(size[0] - '0'), Unit: size[1:] + "iB"}
	domain.MemoryBacking = &libvirtxml.DomainMemoryBacking{MemoryHugePages: &libvirtxml.DomainMemoryHugepages{Hugepages: []libvirtxml.DomainMemoryHugepage{page}}}
	return nil
}
