package harness

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Output runs a program and returns its standard output; the test fails when the program does.
func Output(t testing.TB, name string, args ...string) string {
	t.Helper()
	var stderr strings.Builder
	cmd := exec.Command(name, args...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v: %s", name, strings.Join(args, " "), err, stderr.String())
	}
	return string(out)
}

// Virsh runs virsh on the system's hypervisor.
func Virsh(t testing.TB, args ...string) string {
	t.Helper()
	return Output(t, "virsh", append([]string{"-q", "-c", "qemu:///system"}, args...)...)
}

// Instance returns the mark of a server's things on the host, also while the server is stopped if it keeps the host.
func (s *Server) Instance() string {
	if mark, err := os.ReadFile(filepath.Join(s.Data, "instance")); err == nil {
		return strings.TrimSpace(string(mark))
	}
	return s.Table().Must(200, "GET", "system?fields=instance", nil).Rows()[0]["instance"].(string)
}

// GuestPID reads the process id of a machine's QEMU from libvirt's own pid file. The test fails when there is none.
func (s *Server) GuestPID(machine string) string {
	s.t.Helper()
	pid, err := os.ReadFile("/run/libvirt/qemu/dp-" + s.Instance() + "-" + machine + ".pid")
	if err != nil {
		s.t.Fatalf("the guest of machine %s doesn't run: %v", machine, err)
	}
	return strings.TrimSpace(string(pid))
}

// VnetDir returns the folder of a network. The test fails when it isn't there.
func (s *Server) VnetDir(key string) string {
	s.t.Helper()
	found, err := filepath.Glob(filepath.Join(s.Data, "vnets", key+"-*"))
	if err != nil || len(found) != 1 {
		s.t.Fatalf("the folders of network %s are %v: %v", key, found, err)
	}
	return found[0]
}

// Traces lists everything on the host that carries the mark of an instance or lies below its data directory: domains, links,
// namespaces, nftables tables, dnsmasq processes, drives, directories of networks and machines. Each is named as the tool that
// found it names it.
func (s *Server) Traces(instance string) (found []string) {
	s.t.Helper()
	mark := "dp" + instance
	for _, name := range strings.Fields(Virsh(s.t, "list", "--all", "--name")) {
		if strings.HasPrefix(name, "dp-"+instance+"-") {
			found = append(found, "domain "+name)
		}
	}
	var links []struct {
		Name string `json:"ifname"`
	}
	if err := json.Unmarshal([]byte(Output(s.t, "ip", "-j", "link")), &links); err != nil {
		s.t.Fatal(err)
	}
	for _, l := range links {
		if strings.HasPrefix(l.Name, mark) {
			found = append(found, "link "+l.Name)
		}
	}
	for _, line := range strings.Split(Output(s.t, "ip", "netns", "list"), "\n") {
		if strings.HasPrefix(line, mark) {
			found = append(found, "namespace "+strings.Fields(line)[0]) // the id behind it comes and goes
		}
	}
	for _, line := range strings.Split(Output(s.t, "nft", "list", "tables"), "\n") {
		if strings.Contains(line, "dewpoint_"+instance) {
			found = append(found, line)
		}
	}
	found = append(found, s.processes()...)
	for _, dir := range []string{"pools/1", "vnets", "machines"} {
		entries, _ := os.ReadDir(filepath.Join(s.Data, dir))
		for _, e := range entries {
			found = append(found, filepath.Join(dir, e.Name()))
		}
	}
	return found
}

// clear takes away what a stopped server leaves: guests, routers with their dnsmasq, and bridges. Servers that don't keep the host have no file that
// says what is theirs.
func (s *Server) clear() {
	mark, err := os.ReadFile(filepath.Join(s.Data, "instance"))
	made, _ := filepath.Glob(filepath.Join(s.Data, "[vm]*s", "*")) // vnets and machines
	instance := strings.TrimSpace(string(mark))
	links, _ := filepath.Glob("/sys/class/net/dp" + instance + "*") // a network that never ran has a bridge and no folder
	if err != nil || instance == "" || len(made)+len(links) == 0 {
		return
	}
	for _, trace := range s.Traces(instance) {
		what, name, _ := strings.Cut(trace, " ")
		switch what {
		case "domain":
			try("virsh", "-q", "-c", "qemu:///system", "destroy", name)
			try("virsh", "-q", "-c", "qemu:///system", "undefine", "--nvram", name)
		case "namespace":
			for _, pid := range strings.Fields(Output(s.t, "ip", "netns", "pids", name)) {
				try("kill", "-KILL", pid)
			}
			try("ip", "netns", "delete", name)
		case "link":
			try("ip", "link", "delete", name)
		case "table":
			try("nft", "delete", "table", strings.Fields(name)[0], strings.Fields(name)[1])
		}
	}
}

// try runs a program that may fail, such as one that removes what has gone already.
func try(name string, args ...string) { _ = exec.Command(name, args...).Run() }

// processes lists the dnsmasq and QEMU processes that work on the server's data directory.
func (s *Server) processes() (found []string) {
	dirs, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		s.t.Fatal(err)
	}
	for _, file := range dirs {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it ended meanwhile
		}
		args := strings.Split(string(text), "\x00")
		base := filepath.Base(args[0])
		if (base == "dnsmasq" || strings.HasPrefix(base, "qemu-system")) && strings.Contains(string(text), s.Data+"/") {
			found = append(found, "process "+base+" "+filepath.Base(filepath.Dir(file)))
		}
	}
	return found
}
