package e2e

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"

	"dewpoint/test/harness"
)

// spiceLink is the first message of a client of SPICE: it wants the main channel of a new session.
func spiceLink() string {
	le := binary.LittleEndian
	body := le.AppendUint32(nil, 0)
	body = append(body, 1, 0)        // the main channel, number 0
	body = le.AppendUint32(body, 1)  // a word of common abilities
	body = le.AppendUint32(body, 0)  // and none of the channel's
	body = le.AppendUint32(body, 18) // where they begin
	body = le.AppendUint32(body, 1<<0|1<<1|1<<3)
	head := []byte("REDQ")
	for _, n := range []int{2, 2, len(body)} {
		head = le.AppendUint32(head, uint32(n))
	}
	return string(head) + string(body)
}

// TestTyping has text typed into a guest by the API, on the keyboards of two countries, and reads what its shell made of it. The guest's console is SPICE.
func TestTyping(t *testing.T) {
	t.Parallel()
	l := harness.NewPrivateLibvirt(t)
	l.Start()
	s := harness.Start(t, "--libvirt-socket", l.Socket())
	c := s.Table()
	g := bootGuest(t, s, "typed", map[string]any{"console": "spice", "ram": 256})
	k := lookAt(t, s, g, "")
	k.Send(spiceLink())
	harness.Eventually(t, 20*time.Second, "SPICE answers", func() (bool, string) {
		got := k.Got.String()
		return len(got) > 20 && strings.HasPrefix(got, "REDQ") && binary.LittleEndian.Uint32([]byte(got[16:])) == 0, fmt.Sprintf("%q", got)
	})

	said := openConsole(t, s, g.machine)
	paste := func(text string) {
		t.Helper()
		r := c.Must(201, "POST", "vm_actions", map[string]any{"vm": g.key, "action": "paste", "params": map[string]any{"text": text}})
		if r.Object()["operation"] == nil {
			t.Errorf("the reply names no operation: %s", r.Body)
		}
	}
	paste("say zy-$((40+2)); say \"A|b\"\n")
	said.wait(`GUEST zy-42`)
	said.wait(`GUEST A\|b`)
	german := harness.Path(c.Must(200, "GET", "vm_paste_configs?fields=$key&name=de", nil).Rows()[0]["$key"])
	c.Must(200, "PUT", "vms/"+g.key, map[string]any{"paste_key_config": german})
	paste("saz qyq\n") // the guest has an American keyboard: it takes the key of the German y for z, and that of z for y
	said.wait(`GUEST qzq`)
	if r := c.Must(422, "POST", "vm_actions", map[string]any{"vm": g.key, "action": "paste", "params": map[string]any{"text": "日"}}); !strings.Contains(string(r.Body), "place 1") {
		t.Errorf("a text that no keyboard has: %s", r.Body)
	}
	for _, row := range c.Must(200, "GET", "operations?fields=kind,status", nil).Rows() {
		if row["kind"] != "vm_paste" || row["status"] != "complete" {
			t.Errorf("an operation is %v", row)
		}
	}
	act(c, g, "kill")
	waitPower(c, "vms", g.key, false)
	c.Must(409, "POST", "vm_actions", map[string]any{"vm": g.key, "action": "paste", "params": map[string]any{"text": "x"}})
}
