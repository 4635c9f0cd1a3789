package e2e

import (
	"strings"
	"testing"
	"time"

	"dewpoint/test/harness"
)

// How long a call may take while libvirt answers nothing. Reads never wait for the host; a write waits for the database's disk too.
const (
	readPatience  = time.Second
	writePatience = 2 * time.Second
)

// reads are all collections of both dialects, as the server itself lists them.
func reads(s *harness.Server) (paths []string) {
	for _, table := range s.Table().Must(200, "GET", "", nil).Rows() {
		paths = append(paths, "/api/v4/"+table["name"].(string)+"?fields=all&limit=100")
	}
	document, _ := s.Resource().Must(200, "GET", "openapi.json", nil).Object()["paths"].(map[string]any)
	for path, verbs := range document {
		if _, readable := verbs.(map[string]any)["get"]; readable && !strings.Contains(path, "{") {
			paths = append(paths, path)
		}
	}
	return paths
}

// checkReads reads everything, and fails the test when an answer takes too long or is an error of the server.
func checkReads(t *testing.T, s *harness.Server, paths []string) {
	t.Helper()
	table, resource := s.Table(), s.Resource()
	table.Base, resource.Base = s.URL, s.URL
	for _, path := range paths {
		c := table
		if strings.HasPrefix(path, "/api/v1/") {
			c = resource
		}
		began := time.Now()
		r, err := c.Do("GET", path, nil)
		took := time.Since(began)
		if err != nil || r.Status >= 500 {
			t.Errorf("GET %s: %v, %+v", path, err, r)
		}
		if took > readPatience {
			t.Errorf("GET %s took %v", path, took)
		}
	}
}

// quickly runs a write and fails the test when its acknowledgement takes too long.
func quickly(t *testing.T, what string, write func()) {
	t.Helper()
	began := time.Now()
	write()
	if took := time.Since(began); took > writePatience {
		t.Errorf("%s took %v", what, took)
	}
}

// TestLibvirtFrozen stops libvirtd in its tracks: it keeps its socket open and answers nothing.
func TestLibvirtFrozen(t *testing.T) {
	t.Parallel()
	l := harness.NewPrivateLibvirt(t)
	l.Start()
	s := harness.Start(t, "--libvirt-socket", l.Socket())
	c, domain := s.Table(), "dp-"+s.Instance()+"-"
	killed, deleted := makeVM(c, "killed", map[string]any{"powerstate": true}), makeVM(c, "deleted", map[string]any{"powerstate": true})
	left := makeVM(c, "left alone", map[string]any{"powerstate": true})
	for _, g := range []vm{killed, deleted, left} {
		waitPower(c, "vms", g.key, true)
	}
	paths := reads(s)
	if len(paths) < 20 {
		t.Fatalf("only %d collections to read: %v", len(paths), paths)
	}

	l.Signal("STOP")
	checkReads(t, s, paths)
	var made vm
	quickly(t, "making a VM", func() { made = makeVM(c, "made meanwhile", nil) })
	quickly(t, "making a drive", func() { c.Create("machine_drives", map[string]any{"machine": made.machine, "disksize": 16 << 20}) })
	quickly(t, "power on", func() { act(c, made, "poweron") })
	quickly(t, "power off", func() { act(c, killed, "kill") })
	quickly(t, "deleting a VM", func() { c.Must(200, "DELETE", "vms/"+deleted.key, nil) })
	quickly(t, "making one by the resource API", func() {
		s.Resource().Must(201, "POST", "virtualization/computes", map[string]any{
			"name": "other", "memory": 256, "vcpus": 1, "storage": map[string]any{"disks": []any{map[string]any{"action": "create", "size": 1}}},
		})
	})
	waitInfo(c, made, "no answer in time")
	waitInfo(c, left, "the state is that of "+time.Now().UTC().Format("2006-"))
	if running, status, _ := powerOf(c, "vms", left.key); !running || status != "running" {
		t.Errorf("the guest that nobody touched is shown as %v, %s", running, status)
	}
	checkReads(t, s, paths)
	if running, _, _ := powerOf(c, "vms", killed.key); !running {
		t.Error("the guest that nobody could stop yet is shown as off")
	}

	l.Signal("CONT")
	waitPower(c, "vms", made.key, true)
	waitPower(c, "vms", killed.key, false)
	harness.Eventually(t, time.Minute, "the deleted VM's domain is gone", func() (bool, string) {
		names := l.Virsh("list", "--all", "--name")
		return !strings.Contains(names, domain+deleted.machine), names
	})
	if _, _, info := powerOf(c, "vms", made.key); info != "" {
		t.Errorf("all is well, and the status says %q", info)
	}
	harness.Eventually(t, time.Minute, "the state of what was left alone is news again", func() (bool, string) {
		_, _, info := powerOf(c, "vms", left.key)
		return info == "", info
	})
}

// TestLibvirtComesAndGoes starts the server before there is a libvirt, and then ends libvirt under it in both ways.
func TestLibvirtComesAndGoes(t *testing.T) {
	t.Parallel()
	l := harness.NewPrivateLibvirt(t)
	s := harness.Start(t, "--libvirt-socket", l.Socket())
	if s.Started > 5*time.Second {
		t.Errorf("without libvirt the server was ready after %v", s.Started)
	}
	c, domain := s.Table(), "dp-"+s.Instance()+"-"
	g := makeVM(c, "early", map[string]any{"powerstate": true})
	waitInfo(c, g, "libvirt is not running")
	if !strings.Contains(s.Log(), l.Socket()) {
		t.Errorf("the log doesn't say where it waits for libvirt:\n%s", s.Log())
	}
	l.Start()
	waitPower(c, "vms", g.key, true)
	life := l.Guest(domain + g.machine)
	if life == "" {
		t.Fatal("the guest has no QEMU process")
	}
	for _, signal := range []string{"TERM", "KILL"} {
		l.End(signal)
		next := makeVM(c, "during "+signal, map[string]any{"powerstate": true})
		waitInfo(c, next, "libvirt")
		if running, status, _ := powerOf(c, "vms", g.key); !running || status != "running" {
			t.Errorf("libvirt ended by %s: the running guest is shown as %v, %s", signal, running, status)
		}
		l.Start()
		waitPower(c, "vms", next.key, true)
		waitPower(c, "vms", g.key, true)
		if now := l.Guest(domain + g.machine); now != life {
			t.Errorf("libvirt ended by %s: the guest's process was %q and is %q", signal, life, now)
		}
	}
	act(c, g, "kill")
	waitPower(c, "vms", g.key, false)
}
