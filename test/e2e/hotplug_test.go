package e2e

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dewpoint/test/harness"
)

// plugged is a running guest whose devices change, seen through the API, through libvirt and from inside.
type plugged struct {
	*shell
	s      *harness.Server
	api    *harness.Client
	vm     vm
	domain string
}

// bootPlugged boots the test guest from its ISO.
func bootPlugged(t *testing.T, s *harness.Server, name string) *plugged {
	t.Helper()
	api := s.Table()
	g := makeVM(api, name, nil)
	t.Cleanup(func() { harness.RemoveVM(api, g.key) })
	api.Create("machine_drives", map[string]any{"machine": g.machine, "media": "cdrom", "media_source": uploadByChunks(t, api, harness.GuestISO(t))})
	p := &plugged{s: s, api: api, vm: g, domain: "dp-" + s.Instance() + "-" + g.machine}
	p.shell = &shell{console: openConsole(t, s, g.machine), sockets: filepath.Join(s.Data, "machines", g.machine+"-*", "run", "serial.sock")}
	return p
}

func (p *plugged) start() {
	p.t.Helper()
	act(p.api, p.vm, "poweron")
	p.wait(`GUEST READY`)
	p.wait(`guest# `)
	p.listen()
}

// do does an action with params, and returns the reply.
func (p *plugged) do(status int, action string, params map[string]any) *harness.Reply {
	p.t.Helper()
	return p.api.Must(status, "POST", "vm_actions", map[string]any{"vm": p.vm.key, "action": action, "params": params})
}

// virsh waits until what virsh prints holds the text, or holds it no longer where it begins with "!".
func (p *plugged) virsh(text string, args ...string) {
	p.t.Helper()
	text, absent := strings.CutPrefix(text, "!")
	harness.Eventually(p.t, 30*time.Second, fmt.Sprintf("%v shows %q: %v", args, text, !absent), func() (bool, string) {
		out := harness.Virsh(p.t, args...)
		return strings.Contains(out, text) != absent, out
	})
}

// is waits until columns of a row are so.
func (p *plugged) is(table, key, fields, want string) {
	p.t.Helper()
	harness.Eventually(p.t, time.Minute, table+"/"+key+" is "+want, func() (bool, string) {
		got := strings.TrimSpace(string(p.api.Must(200, "GET", table+"/"+key+"?fields="+strings.ReplaceAll(fields, "#", "%23"), nil).Body))
		return got == want, got
	})
}

// answers waits until the guest prints a value.
func (p *plugged) answers(expression, want string) {
	p.t.Helper()
	harness.Eventually(p.t, 30*time.Second, "the guest's "+expression, func() (bool, string) {
		got := p.ask(expression)
		return got == want, got
	})
}

// reaches gives the guest's card an address and pings the router of its network.
func (p *plugged) reaches(address, router string) {
	p.t.Helper()
	p.say("ip addr flush dev eth0; ip addr add " + address + " dev eth0")
	harness.Eventually(p.t, 30*time.Second, "the guest reaches "+router, func() (bool, string) {
		if p.ask("$(ping -c 1 -W 2 "+router+" >/dev/null 2>&1 && echo pong)") == "pong" {
			return true, ""
		}
		return false, harness.Virsh(p.t, "dumpxml", p.domain)
	})
}

const (
	driveFacts = "enabled,status#status+as+is"
	nicFacts   = "enabled,status#status+as+is"
)

// lacks checks what the VM says that its guest lacks, "" for nothing.
func (p *plugged) lacks(want string) {
	p.t.Helper()
	harness.Eventually(p.t, time.Minute, fmt.Sprintf("the guest lacks %q", want), func() (bool, string) {
		row := p.api.Must(200, "GET", "vms/"+p.vm.key+"?fields=need_restart,restart_reason", nil).Object()
		reason, _ := row["restart_reason"].(string)
		return row["need_restart"] == (want != "") && reason == want, fmt.Sprint(row)
	})
}

// TestHotplugDisks plugs disks into a running guest and out of it: a new one, one that grows, and one whose file arrives late.
func TestHotplugDisks(t *testing.T) {
	t.Parallel()
	p := bootPlugged(t, harness.Start(t), "disks")
	p.start()

	reply := p.do(201, "hotplugdrive", map[string]any{"name": "hot", "disksize": 0.0625, "interface": "virtio"}).Object()
	disk, _ := reply["response"].(map[string]any)["device"].(string)
	p.is("machine_drives", disk, driveFacts, `{"enabled":true,"is":"online"}`)
	p.lacks("")
	p.virsh("/"+disk+"-", "domblklist", p.domain)
	if again := p.do(201, "hotplugdrive", map[string]any{"device": disk}).Object(); again["operation"] != nil {
		t.Errorf("a disk that the guest has is plugged in again: %v", again)
	}
	p.answers("$(cat /sys/block/vda/size)", "131072")
	p.say(write(1, "HOT"))
	p.answers(block(1), "HOT")
	p.api.Must(409, "DELETE", "machine_drives/"+disk, nil)

	p.api.Must(200, "PUT", "machine_drives/"+disk, map[string]any{"disksize": 128 << 20})
	p.answers("$(cat /sys/block/vda/size)", "262144")
	p.lacks("")
	p.api.Must(422, "PUT", "machine_drives/"+disk, map[string]any{"disksize": 64 << 20})

	p.do(201, "hotplugdrive", map[string]any{"device": disk, "unplug": true})
	p.is("machine_drives", disk, driveFacts, `{"enabled":false,"is":"offline"}`)
	p.virsh("!/"+disk+"-", "domblklist", p.domain)
	p.answers("$(ls /sys/block | grep -c vda)", "0")
	p.lacks("")

	p.do(201, "hotplugdrive", map[string]any{"device": disk})
	p.is("machine_drives", disk, driveFacts, `{"enabled":true,"is":"online"}`)
	p.answers(block(1), "HOT")
	ended(t, p.api)

	content := bytes.Repeat([]byte("LATE"), 1<<18)
	file := p.api.Create("files", map[string]any{"name": "late.raw", "allocated_bytes": fmt.Sprint(len(content))})
	p.api.Must(200, "PUT", "files/"+file+"?filepos=0", content[:1<<19])
	late := p.api.Create("machine_drives", map[string]any{"machine": p.vm.machine, "media": "import", "media_source": file})
	p.do(409, "hotplugdrive", map[string]any{"device": late})
	p.virsh("!/"+late+"-", "domblklist", p.domain)
	p.api.Must(200, "PUT", fmt.Sprintf("files/%s?filepos=%d", file, 1<<19), content[1<<19:])
	p.do(201, "hotplugdrive", map[string]any{"device": late})
	p.is("machine_drives", late, driveFacts, `{"enabled":true,"is":"online"}`)
	p.answers("$(dd if=/dev/sda bs=4 skip=262143 count=1 2>/dev/null)", "LATE")
	p.do(201, "hotplugdrive", map[string]any{"device": late, "unplug": true})
	p.is("machine_drives", late, driveFacts, `{"enabled":false,"is":"offline"}`)
	p.api.Must(200, "DELETE", "machine_drives/"+late, nil)
	ended(t, p.api)

	act(p.api, p.vm, "kill")
	waitPower(p.api, "vms", p.vm.key, false)
	p.do(201, "hotplugdrive", map[string]any{"device": disk, "unplug": true}) // one that is off is simply changed
	p.is("machine_drives", disk, driveFacts, `{"enabled":false,"is":"offline"}`)
	act(p.api, p.vm, "poweron")
	waitPower(p.api, "vms", p.vm.key, true)
	p.virsh("!/"+disk+"-", "domblklist", p.domain)
}

// TestHotplugCards plugs a card into a running guest, moves it to another network, pulls its cable, and plugs it out.
func TestHotplugCards(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	p := bootPlugged(t, s, "cards")
	first, second := makeVnet(p.api, "first", "192.0.2.0/28", nil), makeVnet(p.api, "second", "198.51.100.0/28", nil)
	waitPower(p.api, "vnets", first, true)
	waitPower(p.api, "vnets", second, true)
	p.start()
	p.answers("$(ls /sys/class/net | grep -c eth)", "0")

	nic, _ := p.do(201, "hotplugnic", map[string]any{"name": "hot", "vnet": first}).Object()["response"].(map[string]any)["device"].(string)
	p.is("machine_nics", nic, nicFacts, `{"enabled":true,"is":"up"}`)
	p.lacks("")
	tap := "dp" + s.Instance() + "t" + nic
	p.virsh(tap, "domiflist", p.domain)
	onBridge := func(vnet string) {
		t.Helper()
		if link := harness.Output(t, "ip", "-o", "link", "show", "dev", tap); !strings.Contains(link, "master dp"+s.Instance()+"b"+vnet+" ") {
			t.Errorf("the card's end on the host is not in the bridge of network %s: %s", vnet, link)
		}
	}
	onBridge(first)
	p.answers("$(ls /sys/class/net | grep -c eth)", "1")
	p.say("ip link set eth0 up")
	p.answers("$(cat /sys/class/net/eth0/carrier)", "1")
	p.reaches("192.0.2.9/28", "192.0.2.1")

	p.do(201, "changenet", map[string]any{"nic": nic, "vnet": second})
	p.lacks("")
	harness.Eventually(t, 30*time.Second, "the move", func() (bool, string) {
		out := harness.Virsh(t, "domiflist", p.domain)
		return strings.Contains(out, "dp"+s.Instance()+"b"+second+" "), out
	})
	onBridge(second)
	p.reaches("198.51.100.9/28", "198.51.100.1")
	p.do(201, "changenet", map[string]any{"device": nic, "enabled": false})
	p.virsh("down", "domif-getlink", p.domain, tap)
	p.answers("$(cat /sys/class/net/eth0/carrier)", "0")
	p.is("machine_nics", nic, nicFacts, `{"enabled":false,"is":"down"}`)
	p.do(201, "changenet", map[string]any{"enabled": true})
	p.answers("$(cat /sys/class/net/eth0/carrier)", "1")
	p.do(422, "changenet", map[string]any{"nic": nic})

	p.do(201, "hotplugnic", map[string]any{"device": nic, "unplug": true})
	p.is("machine_nics", nic, nicFacts, `{"enabled":false,"is":"down"}`)
	p.virsh("!"+tap, "domiflist", p.domain)
	p.answers("$(ls /sys/class/net | grep -c eth)", "0")
	if links := harness.Output(t, "ip", "-o", "link"); strings.Contains(links, tap+":") {
		t.Errorf("the card's end is still on the host: %s", links)
	}
	p.lacks("")
	p.api.Must(200, "DELETE", "machine_nics/"+nic, nil)
	p.api.Must(201, "POST", "vnet_actions", map[string]any{"vnet": first, "action": "poweroff"})
	waitPower(p.api, "vnets", first, false)
	p.do(409, "hotplugnic", map[string]any{"vnet": first})
	if rows := p.api.Must(200, "GET", "machine_nics?filter=machine+eq+"+p.vm.machine, nil).Rows(); len(rows) != 0 {
		t.Errorf("a card that couldn't be plugged in is there: %v", rows)
	}
	ended(t, p.api)
}

// TestChangeMedium changes what is in a drive of a running guest, by a file that is there and by one that arrives late.
func TestChangeMedium(t *testing.T) {
	t.Parallel()
	p := bootPlugged(t, harness.Start(t), "media")
	tray := p.api.Create("machine_drives", map[string]any{"machine": p.vm.machine, "media": "cdrom"})
	content := bytes.Repeat([]byte("DISC"), 1<<14)
	file := p.api.Create("files", map[string]any{"name": "disc.iso", "allocated_bytes": fmt.Sprint(len(content))})
	p.api.Must(200, "PUT", "files/"+file+"?filepos=0", content)
	late := p.api.Create("files", map[string]any{"name": "late.iso", "allocated_bytes": fmt.Sprint(len(content))})
	p.start()
	monitor := []string{"qemu-monitor-command", p.domain, "--hmp", "info block"}

	p.do(422, "changecd", map[string]any{"drive": tray})
	p.do(201, "changecd", map[string]any{"drive": tray, "file": file})
	p.virsh("/files/"+file+"-", monitor...)
	p.lacks("")
	p.answers("$(dd if=/dev/sr1 bs=4 count=1 2>/dev/null)", "DISC")

	p.do(201, "changecd", map[string]any{"device": tray, "media_source": late})
	p.lacks("machine_drives/" + tray + "#media_source")
	p.virsh("!/files/"+late+"-", monitor...)
	p.virsh("/files/"+file+"-", monitor...)
	p.api.Must(200, "PUT", "files/"+late+"?filepos=0", bytes.Repeat([]byte("LATE"), 1<<14))
	p.virsh("/files/"+late+"-", monitor...)
	p.lacks("")
	p.answers("$(dd if=/dev/sr1 bs=4 count=1 2>/dev/null)", "LATE")

	p.do(201, "changecd", map[string]any{"drive": tray, "eject": true})
	p.virsh("!/files/"+late+"-", monitor...)
	p.lacks("")
	p.api.Must(200, "DELETE", "files/"+late, nil)
}

// TestEraseDrive empties a disk that nobody uses, and leaves nothing of it in the pool.
func TestEraseDrive(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	c := s.Table()
	g := makeVM(c, "erased", nil)
	disk := c.Create("machine_drives", map[string]any{"machine": g.machine, "media": "import", "media_source": uploadByChunks(t, c, proofDisk(t))})
	pool := filepath.Join(s.Data, "pools", "*", "*", "*")
	ended(t, c)
	harness.Eventually(t, time.Minute, "the disk", func() (bool, string) {
		row := c.Must(200, "GET", "machine_drives/"+disk+"?fields=status%23status+as+is", nil).Object()
		return row["is"] == "offline", fmt.Sprint(row)
	})
	act(c, g, "poweron")
	waitPower(c, "vms", g.key, true)
	erase := map[string]any{"vm": g.key, "action": "erase_drive", "params": map[string]any{"drive": disk}}
	c.Must(409, "POST", "vm_actions", erase)
	act(c, g, "fsync_strict")
	row := c.Must(200, "GET", "vms/"+g.key+"?fields=restart_reason", nil).Object()
	if row["restart_reason"] != "machine_drives/"+disk+"#fsync" {
		t.Errorf("the VM waits for %v", row)
	}
	act(c, g, "kill")
	waitPower(c, "vms", g.key, false)
	shot := c.Create("machine_snapshots", map[string]any{"machine": g.machine, "name": "before"})
	ended(t, c)
	c.Must(201, "POST", "vm_actions", erase)
	ended(t, c)
	var files []string
	empty := func(among int) {
		t.Helper()
		harness.Eventually(t, time.Minute, fmt.Sprintf("%d files in the pool", among), func() (bool, string) {
			files, _ = filepath.Glob(pool)
			return len(files) == among, fmt.Sprint(files)
		})
		newest := files[0]
		for _, f := range files {
			if len(f) > len(newest) || len(f) == len(newest) && f > newest {
				newest = f
			}
		}
		if out := harness.Output(t, "qemu-io", "-r", "-c", "read -P 0 0 1048576", newest); strings.Contains(out, "failed") || len(chain(t, newest)) != 1 {
			t.Errorf("the disk %s isn't empty, or builds upon another: %s", newest, out)
		}
	}
	empty(2)

	c.Must(201, "POST", "vm_actions", map[string]any{"vm": g.key, "action": "restore", "params": map[string]any{"snapshot": shot}})
	ended(t, c)
	act(c, g, "poweron")
	waitPower(c, "vms", g.key, true)
	openConsole(t, s, g.machine).wait("PROOF HV=") // the snapshot has kept what the disk held
	act(c, g, "kill")
	waitPower(c, "vms", g.key, false)
	c.Must(200, "DELETE", "machine_snapshots/"+shot, nil)
	ended(t, c)
	c.Must(201, "POST", "vm_actions", erase)
	ended(t, c)
	empty(1)
	act(c, g, "poweron")
	waitPower(c, "vms", g.key, true)
	if xml := harness.Virsh(t, "dumpxml", "dp-"+s.Instance()+"-"+g.machine); !strings.Contains(xml, "writethrough") {
		t.Errorf("after its start the disk's writes aren't strict: %s", xml)
	}
	harness.RemoveVM(c, g.key)
}

// TestHotplugByResourceAPI plugs a disk and a card into a running VM and out of it, pulls a cable, and gives and takes a disk by an update. It has no guest that
// would have to help: SCSI disks go without one.
func TestHotplugByResourceAPI(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	c, v1 := s.Table(), s.Resource()
	vnet := makeVnet(c, "plugs", "192.0.2.0/28", nil)
	waitPower(c, "vnets", vnet, true)
	made := v1.Must(201, "POST", "virtualization/computes", map[string]any{"name": "box", "memory": 256, "vcpus": 1, "disk_size": 1}).Data()
	box := "virtualization/computes/" + made["uuid"].(string)
	row := c.Must(200, "GET", "vms?fields=$key,machine", nil).Rows()[0]
	key, domain := fmt.Sprint(row["$key"]), fmt.Sprintf("dp-%s-%v", s.Instance(), row["machine"])
	t.Cleanup(func() { harness.RemoveVM(c, key) })
	v1.Must(200, "POST", box+"/action", map[string]any{"action": "start"})
	waitPower(c, "vms", key, true)

	plug := func(path, kind string, config map[string]any) (id string) {
		t.Helper()
		done := v1.Must(200, "POST", box+"/"+path, map[string]any{"resource_type": kind, "config": config}).Data()
		jobs, _ := done["jobs"].([]any)
		if len(jobs) != 1 {
			t.Fatalf("%s of a %s: %v, want a job", path, kind, done)
		}
		ended(t, c)
		id, _ = done["details"].(map[string]any)["id"].(string)
		return id
	}
	shows := func(want bool, text string, args ...string) {
		t.Helper()
		if out := harness.Virsh(t, args...); strings.Contains(out, text) != want {
			t.Errorf("%v shows %q: %v, want %v: %s", args, text, !want, want, out)
		}
	}
	disk := plug("hotplug", "disk", map[string]any{"size": 1, "bus": "scsi"})
	shows(true, "/"+disk+"-", "domblklist", domain)
	plug("hotunplug", "disk", map[string]any{"target": "sda", "delete": true})
	shows(false, "/"+disk+"-", "domblklist", domain)
	c.Must(404, "GET", "machine_drives/"+disk, nil)

	const mac = "52:54:00:00:00:77"
	tap := "dp" + s.Instance() + "t" + plug("hotplug", "network", map[string]any{"type": "network", "source": "plugs", "mac": mac})
	shows(true, "dp"+s.Instance()+"b"+vnet, "domiflist", domain)
	for _, state := range []string{"down", "up"} {
		v1.Must(200, "POST", box+"/network-link", map[string]any{"interface": mac, "state": state})
		harness.Eventually(t, 30*time.Second, "the link is "+state, func() (bool, string) {
			got := v1.Must(200, "GET", box+"/network-link/"+tap, nil).Object()
			return got["state"] == state, fmt.Sprint(got)
		})
		shows(true, state, "domif-getlink", domain, tap)
	}

	disks := v1.Must(200, "GET", box, nil).Data()["storage"].(map[string]any)["disks"].([]any)
	first := map[string]any{"path": disks[0].(map[string]any)["path"]}
	v1.Must(200, "PUT", box, map[string]any{"storage": map[string]any{"disks": []any{first, map[string]any{"action": "create", "size": 1, "bus": "scsi"}}}})
	ended(t, c)
	shows(true, " sda ", "domblklist", domain)
	v1.Must(200, "PUT", box+"?remove_disks=true", map[string]any{"storage": map[string]any{"disks": []any{first}}})
	ended(t, c)
	shows(false, " sda ", "domblklist", domain)
	if drives := c.Must(200, "GET", "machine_drives", nil).Rows(); len(drives) != 1 {
		t.Errorf("drives that are left: %v", drives)
	}
	for resource, config := range map[string]map[string]any{"cpu": {"vcpus": 2}, "memory": {"memory": 512}} {
		done := v1.Must(200, "POST", box+"/hotplug", map[string]any{"resource_type": resource, "action": "add", "config": config}).Data()
		if done["vm_id"] != made["uuid"] || done["action"] != "add" {
			t.Errorf("%s: %v", resource, done)
		}
	}
	harness.Eventually(t, 30*time.Second, "two CPUs", func() (bool, string) {
		out := harness.Virsh(t, "vcpucount", "--live", domain, "--active")
		return strings.TrimSpace(out) == "2", out
	})
}
