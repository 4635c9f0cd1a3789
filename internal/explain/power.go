package explain

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// power says why the VM doesn't run, in the order in which a start needs things.
func (f *facts) power() []Check {
	s := f.status()
	if s.Running {
		return append(f.running(), f.host()...)
	}
	checks := []Check{}
	if !f.VM.Enabled {
		checks = append(checks, f.problem("vm_disabled", "The VM is disabled.", "Set its column enabled to true, then power it on."))
	}
	checks = append(checks, f.host()...)
	for _, d := range f.VM.Machine.Drives {
		checks = append(checks, d.ready()...)
	}
	switch {
	case s.Status == "hibernated":
		checks = append(checks, f.note("hibernated", "The VM is hibernated: its memory is saved.", "Power it on: it goes on where it was."))
	case s.State == "error" && s.Info != "" && !(told(checks) && strings.HasPrefix(s.Info, "internal error")):
		checks = append(checks, f.failed(s.Info))
	case s.State == "error" && s.Info != "": // what was said above is why
	case s.Wanted && s.Info != "":
		checks = append(checks, f.problem("waiting", "The VM is to start and waits: "+sentence(s.Info), "Wait for it, or see the operations of the VM."))
	case s.Wanted:
		checks = append(checks, f.note("starting", "The VM is starting.", ""))
	default:
		checks = append(checks, f.note("not_asked", "The VM is off, and nobody has asked it to run since it was last off.", "Power it on with the action poweron."))
	}
	return checks
}

// told reports whether there is a problem among the checks.
func told(checks []Check) bool {
	return slices.ContainsFunc(checks, func(c Check) bool { return c.State == Problem })
}

func (f *facts) running() []Check {
	checks := []Check{{Power, "running", OK, "The VM runs.", "", ""}}
	if f.status().Status == "paused" {
		checks = append(checks, f.problem("paused", "The guest is paused: its processors stand still.", "Use the action resume."))
	}
	if f.VM.Restart != "" {
		checks = append(checks, f.note("need_restart", "The guest still runs without these changes: "+f.VM.Restart+".", "Power the VM off and on: a reboot inside the guest isn't enough."))
	}
	return checks
}

// host says what the node lacks.
func (f *facts) host() (checks []Check) {
	if f.Node == nil {
		return []Check{f.problem("no_node", "There is no node yet that could run VMs.", "Start the server on a host with libvirt, and wait until it has examined it.")}
	}
	row := fmt.Sprintf("nodes/%d", f.Node.Key)
	if s := f.Node.Machine.state(); s.Info != "" && s.State != "online" {
		code := "host_trouble"
		if strings.Contains(s.Info, "libvirt") {
			code = "libvirt_down"
		}
		checks = append(checks, Check{Power, code, Problem, "The host has a problem: " + sentence(s.Info), "Look at libvirtd on the host (systemctl status libvirtd); the VM is started by itself once libvirt answers.", row})
	}
	if f.Node.Accelerator == "qemu" {
		text := "Guests of this host run by emulation, many times slower than with KVM."
		if f.Node.Reason != "" {
			text += " The reason: " + sentence(f.Node.Reason)
		}
		checks = append(checks, Check{Power, "no_kvm", Note, text, "Enable virtualization in the host's firmware, or nested virtualization where the host is a VM itself.", row})
	}
	if f.status().Running || f.Node.RAM == 0 {
		return checks
	}
	free := f.Node.RAM
	if f.Node.Machine.Stats != nil {
		free -= f.Node.Machine.Stats.RAMUsed
	}
	if f.VM.RAM > free {
		checks = append(checks, Check{
			Power, "no_memory", Problem, fmt.Sprintf("The VM wants %d MiB of memory; the host has %d MiB, of which %d MiB are free.", f.VM.RAM, f.Node.RAM, max(free, 0)),
			"Give the VM less memory (column ram), or power off other VMs.", row,
		})
	}
	return checks
}

// ready says why a drive keeps its VM from starting.
func (d drive) ready() []Check {
	if !d.Enabled || d.Status == nil {
		return nil
	}
	row := fmt.Sprintf("machine_drives/%d", d.Key)
	switch d.Status.Status {
	case "importing", "initializing":
		return []Check{{Power, "drive_importing", Problem, fmt.Sprintf("Drive %s is still being imported (%.0f %%). %s", d.Name, d.Status.Progress, sentence(d.Status.Info)), "Wait for the import; the VM starts by itself if it was asked to.", row}}
	case "error":
		if strings.Contains(d.Status.Info, "file is missing") {
			return []Check{{Power, "missing_file", Problem, fmt.Sprintf("The file of drive %s isn't on the host any more.", d.Name), "Put the file back, as from a backup, or delete the drive.", row}}
		}
		return []Check{{Power, "import_failed", Problem, fmt.Sprintf("Drive %s has no usable disk: %s", d.Name, sentence(d.Status.Info)), "Change its media_source to a good file, or delete the drive.", row}}
	}
	return nil
}

// causes are what libvirt and QEMU say of starts that fail for a reason that people can do something about.
var causes = []struct {
	says             *regexp.Regexp
	code, text, next string
}{
	{regexp.MustCompile(`(?i)cannot allocate memory|cannot set up guest memory|out of memory`), "no_memory", "The host has not enough free memory for the VM.", "Give the VM less memory (column ram), or power off other VMs."},
	{regexp.MustCompile(`(?i)no such file|cannot access storage file|not found.*(qcow2|drive)|has no file`), "missing_file", "A file that the VM needs isn't on the host any more.", "Put the file back, or delete the drive that names it."},
	{regexp.MustCompile(`(?i)libvirt is not running|gave no answer|connection to libvirt`), "libvirt_down", "libvirt doesn't answer.", "Look at libvirtd on the host (systemctl status libvirtd)."},
	{regexp.MustCompile(`(?i)no space|is full`), "no_space", "The host's disk is full.", "Free some space in the data directory."},
	{regexp.MustCompile(`(?i)cannot get interface mtu|no such device|bridge`), "network_off", "A network of the VM has no bridge on the host.", "Power the network on, with the action poweron of vnets."},
}

// failed says what a failed start failed on. The status has its words.
func (f *facts) failed(info string) Check {
	for _, c := range causes {
		if c.says.MatchString(info) {
			return f.problem(c.code, c.text+" The start failed with: "+sentence(info), c.next+" The start is tried again by itself.")
		}
	}
	return f.problem("start_failed", "The start failed: "+sentence(info), "Change what it says. The start is tried again by itself.")
}

func (f *facts) problem(code, text, next string) Check {
	return Check{Power, code, Problem, text, next, fmt.Sprintf("vms/%d", f.VM.Key)}
}

func (f *facts) note(code, text, next string) Check {
	return Check{Power, code, Note, text, next, fmt.Sprintf("vms/%d", f.VM.Key)}
}

// sentence ends a text as a sentence.
func sentence(text string) string {
	text = strings.TrimSpace(text)
	if text == "" || strings.HasSuffix(text, ".") {
		return text
	}
	return text + "."
}
