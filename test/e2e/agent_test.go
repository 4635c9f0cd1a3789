package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"dewpoint/test/harness"
)

// agentDisc makes a disc with Debian's guest agent and the libraries that it needs.
func agentDisc(t *testing.T) string {
	t.Helper()
	program, err := exec.LookPath("qemu-ga")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("no guest agent: %v", err)
		}
		t.Skip("no guest agent; run scripts/setup.sh test")
	}
	files := []string{program, "testdata/liar.sh", "testdata/chpasswd.sh"}
	for _, word := range strings.Fields(harness.Output(t, "ldd", program)) {
		if strings.HasPrefix(word, "/") {
			files = append(files, word)
		}
	}
	dir := t.TempDir()
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(f)), text, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	disc := filepath.Join(t.TempDir(), "agent.iso")
	harness.Output(t, "xorriso", "-as", "mkisofs", "-quiet", "-R", "-V", "AGENT", "-o", disc, dir)
	return disc
}

// begin has a VM do something, and returns the operation's key.
func begin(api *harness.Client, vm, action string, params map[string]any) string {
	api.T.Helper()
	made := api.Must(201, "POST", "vm_actions", map[string]any{"vm": vm, "action": action, "params": params}).Object()
	key, _ := made["operation"].(string)
	if key == "" {
		api.T.Fatalf("%s began no operation: %v", action, made)
	}
	return key
}

// outcome waits for an operation's end.
func outcome(api *harness.Client, key string) (row map[string]any) {
	api.T.Helper()
	harness.Eventually(api.T, 90*time.Second, "the end of operation "+key, func() (bool, string) {
		row = api.Must(200, "GET", "operations/"+key+"?fields=status,status_info,result", nil).Object()
		return slices.Contains([]any{"complete", "error", "cancelled"}, row["status"]), fmt.Sprint(row)
	})
	return row
}

// openPort has the guest's shell find the port of its agent.
const openPort = `for n in /sys/class/virtio-ports/*/name; do [ "$(cat $n)" = org.qemu.guest_agent.0 ] && p=${n%/name} && p=/dev/${p##*/}; done`

// startAgent has the guest run the agent from its disc, and know what one asks for.
const startAgent = `mkdir -p /a /ga; for d in /dev/sr*; do mount -t iso9660 -o ro $d /a 2>/dev/null; [ -e /a/qemu-ga ] && break; umount /a; done; cp /a/* /ga; cp /ga/chpasswd.sh /bin/chpasswd; chmod 755 /bin/chpasswd; ` +
	`echo 'ID=testguest' >/etc/os-release; echo 'PRETTY_NAME="Test guest"' >>/etc/os-release; echo 'root:x:0:0:root:/:/bin/sh' >/etc/passwd; echo 'root:*:19000:0:99999:7:::' >/etc/shadow; ` +
	`/ga/ld-linux-x86-64.so.2 --library-path /ga /ga/qemu-ga -m virtio-serial -p $p -t /tmp >/tmp/ga.log 2>&1 & ga=$!`

// TestAgent has a guest's real agent tell who the guest is, run commands and set passwords, by both APIs, and then has it stall, lie and flood.
func TestAgent(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	api := s.Table()
	disc := uploadByChunks(t, api, agentDisc(t))
	g := makeVM(api, "talker", map[string]any{"ram": 256, "guest_agent": true})
	t.Cleanup(func() { harness.RemoveVM(api, g.key) })
	api.Create("machine_drives", map[string]any{"machine": g.machine, "media": "cdrom", "media_source": uploadByChunks(t, api, harness.GuestISO(t))})
	api.Create("machine_drives", map[string]any{"machine": g.machine, "media": "cdrom", "media_source": disc})
	vnet := makeVnet(api, "talk", "10.93.0.0/24", nil)
	api.Create("machine_nics", map[string]any{"machine": g.machine, "vnet": vnet})
	act(api, g, "poweron")
	guest := &shell{console: openConsole(t, s, g.machine), sockets: filepath.Join(s.Data, "machines", g.machine+"-*", "run", "serial.sock")}
	guest.wait(`GUEST READY`)
	guest.wait(`guest# `)
	guest.listen()

	if end := outcome(api, begin(api, g.key, "execute", map[string]any{"command": "true"})); end["status"] != "error" || !strings.Contains(fmt.Sprint(end["status_info"]), "no agent") {
		t.Errorf("a command without an agent ended as %v", end)
	}
	guest.say(openPort)
	guest.say(startAgent)
	var status map[string]any
	harness.Eventually(t, time.Minute, "what the agent says", func() (bool, string) {
		status = api.Must(200, "GET", "machine_status/"+g.machine+"?fields=agent_version,agent_features,agent_guest_info", nil).Object()
		return status["agent_guest_info"] != nil, fmt.Sprint(status)
	})
	info, _ := status["agent_guest_info"].(map[string]any)
	if name := fmt.Sprint(info["osinfo"]); !strings.Contains(name, "Test guest") || info["hostname"] != "guest" {
		t.Errorf("the guest is %v", info)
	}
	if features, _ := status["agent_features"].([]any); !slices.Contains(features, any("guest-exec")) || status["agent_version"] == "" {
		t.Errorf("the agent is %v, %v", status["agent_version"], status["agent_features"])
	}
	knownAddresses(t, s, g)
	commands(t, api, g, guest)
	liars(t, s, g, guest)
}

// knownAddresses: the card's address is known from all three sources.
func knownAddresses(t *testing.T, s *harness.Server, g vm) {
	t.Helper()
	api := s.Table()
	harness.Eventually(t, time.Minute, "the card's address by all sources", func() (bool, string) {
		found := map[any]any{}
		for _, row := range api.Must(200, "GET", "machine_nic_addresses?fields=ip,source&filter=nic%23machine+eq+"+g.machine, nil).Rows() {
			if ip, _ := row["ip"].(string); strings.HasPrefix(ip, "10.93.0.") {
				found[row["source"]] = row["ip"]
			}
		}
		return found["lease"] != nil && found["lease"] == found["agent"] && found["agent"] == found["neighbour"], fmt.Sprint(found)
	})
	nets, _ := s.Resource().Must(200, "GET", "virtualization/computes/talker", nil).Data()["networks"].([]any)
	text, _ := json.Marshal(nets)
	if !strings.Contains(string(text), `"source":"agent"`) || !strings.Contains(string(text), `"ipv4":"10.93.0.`) {
		t.Errorf("the resource API shows %s", text)
	}
}

// commands runs some in the guest, and looks there for what they did.
func commands(t *testing.T, api *harness.Client, g vm, guest *shell) {
	t.Helper()
	end := outcome(api, begin(api, g.key, "execute", map[string]any{"command": map[string]any{
		"path": "/bin/sh", "arg": []string{"-c", "read x; echo out $x $V; echo err >&2; echo \"$x\" >/tmp/proof; exit 3"}, "env": []string{"PATH=/bin", "V=env"}, "input": "in\n",
	}}))
	result, _ := end["result"].(map[string]any)
	if end["status"] != "complete" || result["exitcode"] != 3.0 || result["stdout"] != "out in env\n" || result["stderr"] != "err\n" {
		t.Errorf("the command ended as %v", end)
	}
	if got := guest.ask("$(cat /tmp/proof)"); got != "in" {
		t.Errorf("the guest has %q", got)
	}
	end = outcome(api, begin(api, g.key, "execute", map[string]any{"command": []string{"/bin/dd", "if=/dev/zero", "bs=1024", "count=200"}}))
	if result, _ = end["result"].(map[string]any); result["stdout_truncated"] != true || len(fmt.Sprint(result["stdout"])) > 300_000 {
		t.Errorf("much output: %v, %d", end["status"], len(fmt.Sprint(result["stdout"])))
	}
	end = outcome(api, begin(api, g.key, "execute", map[string]any{"command": []string{"/bin/sleep", "100"}, "timeout": 2}))
	if end["status"] != "error" || !strings.Contains(fmt.Sprint(end["status_info"]), "2 seconds") {
		t.Errorf("a command that doesn't end ended as %v", end)
	}
	const digest = "$6$salt$digest"
	if end := outcome(api, begin(api, g.key, "set_password", map[string]any{"user": "root", "password": digest, "crypted": true})); end["status"] != "complete" {
		t.Errorf("the password's end: %v", end)
	}
	if got := guest.ask("$(sed -n 's/^root:\\([^:]*\\):.*/\\1/p' /etc/shadow | tr '$' '%')"); got != strings.ReplaceAll(digest, "$", "%") {
		t.Errorf("the guest has the password %q", got)
	}
	if end := outcome(api, begin(api, g.key, "set_password", map[string]any{"user": "nobody", "password": "x"})); end["status"] != "error" {
		t.Errorf("the password of nobody: %v", end)
	}
}

// liars has the agent do its worst. Whatever it is, a command ends as failed within its time, and the API answers as fast as ever.
func liars(t *testing.T, s *harness.Server, g vm, guest *shell) {
	t.Helper()
	api := s.Table()
	guest.say("kill -9 $ga")
	agentConnected(t, s, g, false)
	for _, kind := range []string{"stall", "broken", "id", "type", "flood"} {
		guest.say("setsid sh /ga/liar.sh $p " + kind + " &")
		agentConnected(t, s, g, true)
		key := begin(api, g.key, "execute", map[string]any{"command": "true", "timeout": 5})
		slowest := time.Duration(0)
		for range 20 {
			began := time.Now()
			api.Must(200, "GET", "vms/"+g.key+"?fields=dashboard", nil)
			slowest = max(slowest, time.Since(began))
		}
		began := time.Now()
		if end := outcome(api, key); end["status"] != "error" {
			t.Errorf("%s: a command ended as %v", kind, end)
		}
		if took := time.Since(began); took > 30*time.Second || slowest > 2*time.Second {
			t.Errorf("%s: the command ended after %v, the slowest read took %v", kind, took, slowest)
		}
		guest.say("kill -9 -$(cat /tmp/liar)")
		agentConnected(t, s, g, false)
	}
}

// agentConnected waits until a program in the guest has the agent's port open, or none has.
func agentConnected(t *testing.T, s *harness.Server, g vm, want bool) {
	t.Helper()
	state := map[bool]string{true: "state='connected'", false: "state='disconnected'"}[want]
	harness.Eventually(t, 30*time.Second, "the agent's port has "+state, func() (bool, string) {
		_, channel, _ := strings.Cut(harness.Virsh(t, "dumpxml", "dp-"+s.Instance()+"-"+g.machine), "<channel")
		return strings.Contains(channel, state), channel
	})
}
