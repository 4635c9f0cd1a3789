package e2e

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dewpoint/test/harness"
)

// TestSnapshotsQuiesce: the guest's agent is asked before the disks are frozen, and the snapshot says so. Without one, and with one that doesn't answer, it is
// taken all the same, and says that nothing was flushed. This guest has no file system that could be frozen, so libvirt has nothing thawed again.
func TestSnapshotsQuiesce(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	api := s.Table()
	disc := uploadByChunks(t, api, agentDisc(t))
	g := makeVM(api, "flushed", map[string]any{"guest_agent": true})
	t.Cleanup(func() { harness.RemoveVM(api, g.key) })
	for _, medium := range []string{uploadByChunks(t, api, harness.GuestISO(t)), disc} {
		api.Create("machine_drives", map[string]any{"machine": g.machine, "media": "cdrom", "media_source": medium})
	}
	api.Create("machine_drives", map[string]any{"machine": g.machine, "interface": "virtio", "disksize": 16 << 20})
	act(api, g, "poweron")
	guest := &shell{console: openConsole(t, s, g.machine), sockets: filepath.Join(s.Data, "machines", g.machine+"-*", "run", "serial.sock")}
	guest.wait(`GUEST READY`)
	guest.wait(`guest# `)
	guest.listen()
	quiesced := func(name string) any {
		t.Helper()
		key := api.Create("machine_snapshots", map[string]any{"machine": g.machine, "name": name, "quiesce": true})
		harness.Eventually(t, 2*time.Minute, "snapshot "+name, func() (bool, string) {
			row := api.Must(200, "GET", "machine_snapshots/"+key+"?fields=taken", nil)
			return row.Object()["taken"] == true, string(row.Body)
		})
		return api.Must(200, "GET", "machine_snapshots/"+key+"?fields=quiesced", nil).Object()["quiesced"]
	}
	if got := quiesced("without"); got != false {
		t.Errorf("a guest without an agent: quiesced is %v", got)
	}
	guest.say(openPort)
	guest.say(`echo '#!/bin/sh' >/tmp/hook; echo 'echo $1 >>/tmp/calls' >>/tmp/hook; chmod 755 /tmp/hook`)
	guest.say(strings.Replace(startAgent, "-t /tmp ", "-t /tmp -F/tmp/hook ", 1))
	harness.Eventually(t, time.Minute, "the agent", func() (bool, string) {
		row := api.Must(200, "GET", "machine_status/"+g.machine+"?fields=agent_version", nil)
		version, _ := row.Object()["agent_version"].(string)
		return version != "", string(row.Body)
	})
	if got := quiesced("with"); got != true {
		t.Errorf("a guest with an agent: quiesced is %v", got)
	}
	if got := guest.ask("$(tr '\\n' ' ' </tmp/calls)"); !strings.HasPrefix(got, "freeze ") {
		t.Errorf("the agent was asked to %q", got)
	}
	guest.say("kill -STOP $ga")
	if got := quiesced("stalled"); got != false {
		t.Errorf("a guest whose agent stalls: quiesced is %v", got)
	}
	if got := guest.ask("alive"); got != "alive" {
		t.Errorf("the guest says %q", got)
	}
}
