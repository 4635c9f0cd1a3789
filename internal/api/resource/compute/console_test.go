package compute_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"dewpoint/internal/console"
	"dewpoint/internal/model/access"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/perm"
	"dewpoint/internal/store"
	"dewpoint/test/rig"
	v1 "dewpoint/test/rig/v1"
)

const family = "/virtualization/computes/"

// withScreen is the API with a VM that runs as far as rows say, and one that doesn't.
func withScreen(t *testing.T, kind console.Kind) (a *v1.API, host *rig.Screens, uuid string) {
	t.Helper()
	a = v1.Start(t)
	host = rig.NewScreens(t)
	a.Consoles.Host = host
	for _, name := range []string{"box", "other"} {
		a.Post("/virtualization/computes", `{"name":"`+name+`","memory":256,"vcpus":1,"disk_size":1}`).Want(http.StatusCreated)
	}
	var vms []compute.VM
	v1.Must(t, a.DB.View(t.Context(), func(tx *store.Tx) (err error) {
		vms, err = store.FindRows[compute.VM](tx)
		return err
	}))
	for _, vm := range vms {
		rig.Runs(t, a.DB, vm.Machine, kind)
		if vm.Name == "box" {
			uuid = vm.UUID
		}
	}
	return a, host, uuid
}

// ticketOf mints a ticket and returns it.
func ticketOf(t *testing.T, a *v1.API, path string) (token, socket string) {
	t.Helper()
	var reply struct {
		Data struct {
			Type, Host, Token string
			Port              int64
			Path              string    `json:"ws_path"`
			Expires           time.Time `json:"expires_at"`
		}
	}
	v1.Must(t, json.Unmarshal(a.Get(path).Want(http.StatusOK).Body, &reply))
	d := reply.Data
	if len(d.Token) != 64 || !strings.HasSuffix(d.Path, "/ws?token="+d.Token) || d.Host != "here" || d.Port != 1 || time.Until(d.Expires) < 4*time.Minute {
		t.Fatalf("the ticket is %+v", d)
	}
	return d.Token, d.Path
}

// socket opens a websocket and returns what comes first: the console's greeting, or the code of the refusal.
func socket(t *testing.T, a *v1.API, path string) (first string, c *websocket.Conn) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	c, res, err := websocket.Dial(ctx, strings.Replace(a.URL, "http", "ws", 1)+path, nil)
	if err != nil {
		body, _ := io.ReadAll(res.Body)
		return string(body), nil
	}
	t.Cleanup(func() { c.CloseNow() })
	kind, text, err := c.Read(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if kind == websocket.MessageBinary {
		return string(text), c
	}
	var refused struct{ Type, Code, Error string }
	if err := json.Unmarshal(text, &refused); err != nil || refused.Type != "error" || refused.Error == "" {
		t.Fatalf("%s, %v", text, err)
	}
	return refused.Code, c
}

func TestConsoleTickets(t *testing.T) {
	t.Parallel()
	a, host, uuid := withScreen(t, console.VNC)
	const greeting = "RFB 003.008\n"
	for _, path := range []string{family + "box/console/vnc", family + uuid + "/console?type=vnc", "/virtualization/virtualmachines/box/console/vnc"} {
		token, at := ticketOf(t, a, path)
		if got, _ := socket(t, a, at); got != greeting {
			t.Errorf("%s: the socket begins with %q", path, got)
		}
		if got, _ := socket(t, a, at); got != "TOKEN_ALREADY_USED" {
			t.Errorf("used again: %s", got)
		}
		if strings.Contains(string(a.Get("/virtualization/computes/box/console/stats").Body), token) {
			t.Error("the counters show a ticket")
		}
	}
	prefix := "/api/v1" + family
	token, _ := ticketOf(t, a, family+"box/console/vnc")
	for path, want := range map[string]string{
		prefix + "other/console/vnc/ws?token=" + token:                 "INVALID_TOKEN",
		prefix + uuid + "/console/spice/ws?token=" + token:             "INVALID_TOKEN",
		prefix + uuid + "/console/serial/ws?token=" + token:            "INVALID_TOKEN",
		prefix + "nowhere/console/vnc/ws?token=" + token:               "INVALID_TOKEN",
		prefix + "box/console/vnc/ws?token=" + strings.Repeat("0", 64): "INVALID_TOKEN",
		prefix + "box/console/vnc/ws?token=" + a.Token:                 "INVALID_TOKEN",
	} {
		if got, _ := socket(t, a, path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	if got, _ := socket(t, a, prefix+"box/console/vnc/ws"); !strings.Contains(got, `"code":"MISSING_TOKEN"`) {
		t.Errorf("without a ticket: %s", got)
	}
	if got, _ := socket(t, a, prefix+"box/console/ws?token="+token); got != greeting {
		t.Errorf("a ticket that was tried where it isn't good is %s where it is", got)
	}
	if n := host.Dialed.Load(); n != 4 {
		t.Errorf("%d connections to the guest", n)
	}
	set := string(a.Get(family + "box/consoles").Want(http.StatusOK).Body)
	for _, part := range []string{`"vm_name":"box"`, `"vm_uuid":"` + uuid + `"`, `"available":["vnc"]`, `"preferred":"vnc"`, `"consoles":{"vnc":{"type":"vnc"`} {
		if !strings.Contains(set, part) {
			t.Errorf("%s lacks %s", set, part)
		}
	}
	if body := string(a.Get(family + "box/console/spice").Want(http.StatusServiceUnavailable).Body); !strings.Contains(body, "NO_CONSOLE_AVAILABLE") {
		t.Errorf("a console of another type: %s", body)
	}
	req, err := http.NewRequest(http.MethodGet, a.URL+prefix+"box/console/screenshot?token="+a.Token, nil)
	v1.Must(t, err)
	res, err := http.DefaultClient.Do(req)
	v1.Must(t, err)
	defer res.Body.Close()
	if raw, err := io.ReadAll(res.Body); err != nil || string(raw) != "\x89PNG" || res.Header.Get("Content-Type") != "image/png" {
		t.Errorf("the screenshot is %q, %s, %v", raw, res.Header.Get("Content-Type"), err)
	}
}

// TestConsoleRights: a ticket is no more than who got it, at the moment that it is used.
func TestConsoleRights(t *testing.T) {
	t.Parallel()
	a, _, _ := withScreen(t, console.VNC)
	reader := a.Holding("reader", "vms", 0, perm.List, perm.Read)
	reader.Get(family + "box/console/vnc").Want(http.StatusForbidden)
	reader.Get(family + "box/consoles").Want(http.StatusForbidden)
	_, at := ticketOf(t, reader, family+"box/console/serial")
	got, c := socket(t, a, at)
	if got != "RFB 003.008\n" {
		t.Fatalf("the serial line begins with %q", got)
	}
	v1.Must(t, c.Write(t.Context(), websocket.MessageBinary, []byte("typed")))
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, text, err := c.Read(ctx); err == nil {
		t.Errorf("who may only read has typed: %q came back", text)
	}
	a.Holding("nobody", "vms", 9999, perm.Read).Get(family + "box/console/vnc").Want(http.StatusNotFound)

	worker := a.Holding("worker", "vms", 0, perm.List, perm.Read, perm.Modify)
	_, at = ticketOf(t, worker, family+"box/console/vnc")
	a.Update(func(tx *store.Tx) error {
		users, err := store.FindRows[access.User](tx, store.Is(access.UserCol.Name, "worker"))
		if err == nil {
			err = store.Write(tx, users[0].Key, access.UserSet{}.Enabled(false))
		}
		return err
	})
	if got, _ := socket(t, a, at); got != "UNAUTHORIZED" {
		t.Errorf("a ticket of somebody who may not log in any more: %s", got)
	}
}

// TestConsoleBounds: a screen takes five.
func TestConsoleBounds(t *testing.T) {
	t.Parallel()
	a, _, _ := withScreen(t, console.VNC)
	for i := range 6 {
		_, at := ticketOf(t, a, family+"box/console/vnc")
		got, _ := socket(t, a, at)
		if want := map[bool]string{true: "RFB 003.008\n", false: "MAX_CONNECTIONS_REACHED"}[i < 5]; got != want {
			t.Errorf("connection %d: %q", i+1, got)
		}
	}
	if body := string(a.Get(family + "box/console/stats").Want(http.StatusOK).Body); !strings.Contains(body, `"active_connections":5`) {
		t.Errorf("the counters are %s", body)
	}
}
