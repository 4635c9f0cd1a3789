package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"dewpoint/test/harness"
)

// bootGuest starts the test guest without a network, and waits until its shell is there.
func bootGuest(t *testing.T, s *harness.Server, name string, columns map[string]any) vm {
	t.Helper()
	c := s.Table()
	g := makeVM(c, name, columns)
	c.Create("machine_drives", map[string]any{"machine": g.machine, "media": "cdrom", "media_source": uploadByChunks(t, c, harness.GuestISO(t)), "interface": "ahci"})
	act(c, g, "poweron")
	openConsole(t, s, g.machine).wait(`GUEST READY`)
	return g
}

// lookAt opens a VM's console by the table API.
func lookAt(t *testing.T, s *harness.Server, g vm, query string) *harness.Socket {
	t.Helper()
	k, res := s.DialSocket(t, "/api/v4/machine_console/"+g.machine+"?token="+s.Session()+query, nil)
	if k == nil {
		t.Fatalf("the console of %s: %s", g.name, res.Status)
	}
	return k
}

// TestConsoles looks at a guest's screen and serial line as clients of the table API do, by several viewers at once, and over restarts of the server
// and of libvirt.
func TestConsoles(t *testing.T) {
	t.Parallel()
	l := harness.NewPrivateLibvirt(t)
	l.Start()
	s := harness.Start(t, "--libvirt-socket", l.Socket())
	c := s.Table()
	g := bootGuest(t, s, "seen", nil)

	row := c.Must(200, "GET", "vms/"+g.key+"?fields=console_status[$key,host,port,active,type],console_status%23host+as+h", nil).Object()
	at, _ := row["console_status"].(map[string]any)
	if at == nil || fmt.Sprint(at["$key"]) != g.machine || at["active"] != true || at["type"] != "vnc" || at["host"] != "127.0.0.1" || row["h"] != "127.0.0.1" ||
		!strings.HasSuffix(s.URL, fmt.Sprintf(":%v", at["port"])) {
		t.Errorf("the console of a running VM is %v at %s", row, s.URL)
	}
	refuseStrangers(t, s, g)
	screen := lookAt(t, s, g, "")
	screen.Wait("RFB 003.008\n")
	one, two := lookAt(t, s, g, "&type=serial"), lookAt(t, s, g, "&type=serial")
	one.Wait("GUEST READY") // said before anybody looked
	talk(one, two, "first")
	waitViewers(t, c, g, 3)
	picture := c.Must(200, "GET", "machine_console/"+g.machine+"/screenshot", nil)
	if picture.Header.Get("Content-Type") != "image/png" || !strings.HasPrefix(string(picture.Body), "\x89PNG") {
		t.Errorf("a screenshot of %d bytes, %v", len(picture.Body), picture.Header)
	}

	c.Must(201, "POST", "vm_console_actions", map[string]any{"machine_console": g.machine, "action": "disconnect"})
	for _, k := range []*harness.Socket{screen, one, two} {
		if code := k.WaitEnd(); code != websocket.StatusGoingAway {
			t.Errorf("disconnected with code %d", code)
		}
	}
	waitViewers(t, c, g, 0)

	s.Kill()
	s.Run()
	one, two = lookAt(t, s, g, "&type=serial"), lookAt(t, s, g, "&type=serial")
	one.Wait("GUEST first")
	talk(one, two, "second")
	l.End("KILL")
	talk(one, two, "third")
	l.Start()
	three := lookAt(t, s, g, "&type=serial")
	three.Wait("GUEST third")
	talk(three, one, "fourth")

	waitPower(c, "vms", g.key, true)
	act(c, g, "kill")
	if code := one.WaitEnd(); code != websocket.StatusNormalClosure {
		t.Errorf("the guest's end closes the console with code %d", code)
	}
	waitPower(c, "vms", g.key, false)
	row = c.Must(200, "GET", "vms/"+g.key+"?fields=console_status[host,port,active]", nil).Object()["console_status"].(map[string]any)
	if row["host"] != nil || row["port"] != nil || row["active"] != false {
		t.Errorf("the console of a VM that is off is %v", row)
	}
}

// talk has one viewer type, and all read the answer.
func talk(from, to *harness.Socket, word string) {
	from.Send("say " + word + "-$((40+2))\n")
	from.Wait("GUEST " + word + "-42")
	to.Wait("GUEST " + word + "-42")
}

func waitViewers(t *testing.T, c *harness.Client, g vm, want int) {
	t.Helper()
	harness.Eventually(t, 20*time.Second, fmt.Sprintf("%d viewers are shown", want), func() (bool, string) {
		rows := c.Must(200, "GET", "machine_console_active?fields=all&filter=console%20eq%20"+g.machine, nil).Rows()
		return len(rows) == want, fmt.Sprint(rows)
	})
}

func refuseStrangers(t *testing.T, s *harness.Server, g vm) {
	t.Helper()
	c := s.Table()
	user := c.Create("users", map[string]any{"name": "reader", "password": harness.AdminPassword})
	identity := harness.Path(c.Must(200, "GET", "users/"+user+"?fields=identity", nil).Object()["identity"])
	c.Create("permissions", map[string]any{"identity": identity, "table": "vms", "row": g.key, "list": true, "read": true})
	c.Create("users", map[string]any{"name": "stranger", "password": harness.AdminPassword})
	basic := func(name string) http.Header {
		return http.Header{"Authorization": {harness.Basic(name, harness.AdminPassword)}}
	}
	console := "/api/v4/machine_console/" + g.machine
	for _, r := range []struct {
		path    string
		headers http.Header
		status  int
	}{
		{console, nil, 401},
		{console + "?token=" + strings.Repeat("0", 40), nil, 401},
		{console, basic("stranger"), 404},
		{console, basic("reader"), 403},
		{console + "?type=serial", basic("reader"), 101},
		{console, basic("admin"), 101},
		{console + "?type=spice", basic("admin"), 409},
		{console + "?type=tape", basic("admin"), 422},
		{"/api/v4/machine_console/99999", basic("admin"), 404},
		{"/api/v4/machine_console", basic("admin"), 409},
	} {
		k, res := s.DialSocket(t, r.path, r.headers)
		if res.StatusCode != r.status {
			t.Errorf("%s as %s: %s, want %d", r.path, r.headers, res.Status, r.status)
		}
		if k != nil && r.status == 101 {
			k.Conn.Close(websocket.StatusNormalClosure, "")
		}
	}
	k, _ := s.DialSocket(t, console+"?type=serial", basic("reader"))
	if k == nil {
		return
	}
	k.Send("say reader-$((1+1))\n")
	admin := lookAt(t, s, g, "&type=serial")
	admin.Send("say after\n")
	k.Wait("GUEST after")
	if strings.Contains(k.Got.String(), "reader-2") {
		t.Error("who may only read has typed")
	}
	k.Conn.Close(websocket.StatusNormalClosure, "")
	admin.Conn.Close(websocket.StatusNormalClosure, "")
}
