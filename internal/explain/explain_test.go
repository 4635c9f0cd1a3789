package explain

import (
	"strings"
	"testing"
)

// well is a VM with which nothing is wrong.
func well() *facts {
	on := &status{Running: true, Status: "running", State: "online", Wanted: true}
	d := drive{Key: 3, Name: "drive_0", Enabled: true, Media: "disk", Used: 1 << 30}
	n := nic{Key: 5, Name: "nic_0", Enabled: true, IP: "10.0.0.5", MAC: "52:54:00:00:00:01", Model: "virtio", Vnet: &vnet{Key: 7, Name: "lan", Enabled: true, DHCP: true, Machine: machine{Status: on}}}
	host := &node{Key: 1, Name: "host", RAM: 4096, Accelerator: "kvm", Machine: machine{Status: &status{Running: true, State: "online"}}}
	here := *on
	return &facts{VM: vm{Key: 42, Name: "web", Enabled: true, RAM: 1024, Console: "vnc", Video: "std", BootOrder: "cd", Machine: machine{Status: &here, Drives: []drive{d}, NICs: []nic{n}}}, Node: host}
}

// off is the same VM while nobody wants it to run.
func off() *facts {
	f := well()
	*f.VM.Machine.Status = status{Status: "stopped", State: "offline"}
	return f
}

// failing is the same VM with a start that failed.
func failing(info string) *facts {
	f := off()
	*f.VM.Machine.Status = status{Status: "error", State: "error", Info: info, Wanted: true}
	return f
}

func with(f *facts, change func(*facts)) *facts {
	change(f)
	return f
}

// TestCauses brings each cause about in the rows, and finds it named with what to do about it.
func TestCauses(t *testing.T) {
	t.Parallel()
	driveIs := func(word, info string) func(*facts) {
		return func(f *facts) {
			f.VM.Machine.Drives[0].Status = &struct {
				Status   string  `json:"status"`
				Info     string  `json:"status_info"`
				Progress float64 `json:"progress_pct"`
			}{word, info, 40}
		}
	}
	for _, c := range []struct {
		name         string
		facts        *facts
		code, about  string
		state, holds string
	}{
		{"nobody asked", off(), "not_asked", Power, Note, "nobody"},
		{"disabled", with(off(), func(f *facts) { f.VM.Enabled = false }), "vm_disabled", Power, Problem, "disabled"},
		{"no KVM", with(well(), func(f *facts) { f.Node.Accelerator, f.Node.Reason = "qemu", "/dev/kvm is missing" }), "no_kvm", Power, Note, "/dev/kvm is missing."},
		{"more memory than the host has", with(off(), func(f *facts) { f.VM.RAM = 1 << 20 }), "no_memory", Power, Problem, "4096 MiB"},
		{"out of memory", failing("starting domain dp-1: cannot set up guest memory 'pc.ram': Cannot allocate memory"), "no_memory", Power, Problem, "Cannot allocate"},
		{"missing drive file", failing("starting domain dp-1: Cannot access storage file '/x/3.qcow2': No such file or directory"), "missing_file", Power, Problem, "3.qcow2"},
		{"an import that runs", with(off(), driveIs("importing", "copying")), "drive_importing", Power, Problem, "40 %"},
		{"an import that failed", with(off(), driveIs("error", "the image is broken")), "import_failed", Power, Problem, "the image is broken."},
		{"a disk whose file is gone", with(failing("internal error; the server's log has the cause"), driveIs("error", "the disk's file is missing")), "missing_file", Power, Problem, "drive_0"},
		{"libvirt down, by the node", with(off(), func(f *facts) {
			f.Node.Machine.Status = &status{State: "warning", Info: "libvirt is not running"}
		}), "libvirt_down", Power, Problem, "libvirt is not running."},
		{"libvirt down, by the start", failing("starting domain dp-1: libvirt is not running"), "libvirt_down", Power, Problem, "libvirt"},
		{"a full disk", failing("the data directory is full"), "no_space", Power, Problem, "full"},
		{"another failure", failing("something odd"), "start_failed", Power, Problem, "something odd."},
		{"an operation first", with(off(), func(f *facts) {
			f.VM.Machine.Status.Wanted, f.VM.Machine.Status.Info = true, "waits for operation 4 (clone)"
		}), "waiting", Power, Problem, "operation 4"},
		{"paused", with(well(), func(f *facts) { f.VM.Machine.Status.Status = "paused" }), "paused", Power, Problem, "paused"},
		{"need_restart", with(well(), func(f *facts) { f.VM.Restart = "ram" }), "need_restart", Power, Note, "ram"},
		{"hibernated", with(off(), func(f *facts) { f.VM.Machine.Status.Status = "hibernated" }), "hibernated", Power, Note, "saved"},
		{"no node", with(off(), func(f *facts) { f.Node = nil }), "no_node", Power, Problem, "no node"},
		{"no card", with(well(), func(f *facts) { f.VM.Machine.NICs = nil }), "no_nic", Address, Problem, "no network card"},
		{"card disabled", with(well(), func(f *facts) { f.VM.Machine.NICs[0].Enabled = false }), "nic_disabled", Address, Problem, "nic_0"},
		{"no network", with(well(), func(f *facts) { f.VM.Machine.NICs[0].Vnet = nil }), "no_network", Address, Problem, "no network"},
		{"network off", with(well(), func(f *facts) { f.VM.Machine.NICs[0].Vnet.Machine.Status = &status{Info: "no bridge"} }), "network_off", Address, Problem, "no bridge."},
		{"no DHCP", with(well(), func(f *facts) { f.VM.Machine.NICs[0].IP, f.VM.Machine.NICs[0].Vnet.DHCP = "", false }), "no_dhcp", Address, Problem, "lan"},
		{"an address of its own", with(well(), func(f *facts) {
			f.VM.Machine.NICs[0].IP, f.VM.Machine.NICs[0].Vnet.DHCP = "", false
			f.VM.Machine.NICs[0].Heard = append(f.VM.Machine.NICs[0].Heard, struct {
				IP     string `json:"ip"`
				Source string `json:"source"`
			}{"10.0.0.9", "agent"})
		}), "address_heard", Address, OK, "10.0.0.9"},
		{"no lease", with(well(), func(f *facts) { f.VM.Machine.NICs[0].IP = "" }), "no_lease", Address, Problem, "52:54:00:00:00:01"},
		{"card waits", with(well(), func(f *facts) { f.VM.Restart = "machine_nics/5#vnet" }), "nic_waits", Address, Problem, "next start"},
		{"card not plugged in", with(well(), func(f *facts) { f.VM.Restart = "ram, machine_nics/5" }), "nic_unplugged", Address, Problem, "doesn't have card"},
		{"has an address", well(), "address", Address, OK, "10.0.0.5"},
		{"no drive", with(well(), func(f *facts) { f.VM.Machine.Drives = nil }), "no_boot_disk", Console, Problem, "no enabled drive"},
		{"empty disk", with(well(), func(f *facts) { f.VM.Machine.Drives[0].Used = 4096 }), "no_boot_disk", Console, Problem, "drive_0 is empty"},
		{"boot order", with(well(), func(f *facts) { f.VM.BootOrder = "d" }), "boot_order", Console, Problem, `"d"`},
		{"network boot", with(well(), func(f *facts) { f.VM.BootOrder, f.VM.Machine.Drives = "n", nil }), "network_boot", Console, Note, "network"},
		{"no screen", with(well(), func(f *facts) { f.VM.Console = "serial" }), "no_screen", Console, Problem, "serial"},
		{"no graphics card", with(well(), func(f *facts) { f.VM.Video = "none" }), "no_video", Console, Problem, "black"},
		{"console of a VM that is off", off(), "console_off", Console, Note, "runs"},
	} {
		answer := c.facts.answer()
		found := false
		for _, check := range answer.Checks {
			if check.Code != c.code || check.About != c.about {
				continue
			}
			found = true
			if check.State != c.state || !strings.Contains(check.Text, c.holds) || check.State == Problem && (check.Next == "" || check.Row == "" || !strings.Contains(answer.Text, check.Next)) {
				t.Errorf("%s: %+v", c.name, check)
			}
		}
		if !found {
			t.Errorf("%s: no %s among %+v", c.name, c.code, answer.Checks)
		}
	}
}

// TestWell: of a VM that is well nothing else is said.
func TestWell(t *testing.T) {
	t.Parallel()
	for _, c := range well().answer().Checks {
		if c.State != OK {
			t.Errorf("%+v", c)
		}
	}
}
