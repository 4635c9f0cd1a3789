package agent_test

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dewpoint/internal/errs"
	"dewpoint/internal/host/agent"
)

// guest answers commands over a real socket by the words of a test; one that it has no words for it answers as an agent that doesn't know it.
type guest map[string]func(net.Conn)

// says is a reply.
func says(reply string) func(net.Conn) {
	return func(c net.Conn) { fmt.Fprintln(c, reply) }
}

// serve has a guest answer, and returns how it is asked: one connection a command, cut off at the limit, as libvirt does it.
func (g guest) serve(t *testing.T) agent.Ask {
	t.Helper()
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "a"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				line, _ := bufio.NewReader(c).ReadBytes('\n')
				var asked struct{ Execute string }
				if json.Unmarshal(line, &asked) == nil && g[asked.Execute] != nil {
					g[asked.Execute](c)
				}
			}()
		}
	}()
	return func(ctx context.Context, command string, _ time.Duration) (string, error) {
		const patience, most = 2 * time.Second, 10 << 20 // libvirt's bound
		c, err := net.Dial("unix", l.Addr().String())
		if err != nil {
			return "", err
		}
		defer c.Close()
		_ = c.SetDeadline(time.Now().Add(patience))
		fmt.Fprintln(c, command)
		var reply strings.Builder
		buffer := make([]byte, 64<<10)
		for reply.Len() < most {
			n, err := c.Read(buffer)
			reply.Write(buffer[:n])
			if strings.HasSuffix(reply.String(), "\n") {
				return reply.String(), nil
			}
			var late net.Error
			if errors.As(err, &late) && late.Timeout() {
				return "", errs.New(errs.Unavailable, "agent_silent", "no answer")
			}
			if err != nil {
				return "", errs.New(errs.Conflict, "agent_refused", "no such command")
			}
		}
		return "", errs.New(errs.Conflict, "agent_refused", "too much")
	}
}

const honest = `{"return":{"version":"7.2.1","supported_commands":[{"name":"guest-get-osinfo","enabled":true},{"name":"guest-get-host-name","enabled":true},
{"name":"guest-network-get-interfaces","enabled":true},{"name":"guest-get-fsinfo","enabled":true},{"name":"guest-get-users","enabled":true},{"name":"guest-exec","enabled":false}]}}`

func oneLine(s string) string { return strings.ReplaceAll(s, "\n", "") }

func TestLook(t *testing.T) {
	t.Parallel()
	ask := guest{
		"guest-info":                   says(oneLine(honest)),
		"guest-get-osinfo":             says(`{"return":{"id":"debian","pretty-name":"Debian 12","version":7,"odd":"left out"}}`),
		"guest-get-host-name":          says(`{"return":{"host-name":"web"}}`),
		"guest-network-get-interfaces": says(`{"return":[{"name":"eth0","hardware-address":"52:54:00:AA:BB:CC","ip-addresses":[{"ip-address":"10.0.0.5","ip-address-type":"ipv4","prefix":24},{"ip-address":"../etc","prefix":1},{"ip-address":"FD00::0:1","prefix":999}]}]}`),
		"guest-get-fsinfo":             says(`{"return":[{"name":"vda1","mountpoint":"/","type":"ext4","used-bytes":5,"total-bytes":10,"disk":[]}]}`),
		"guest-get-users":              says(`{"return":[{"user":"ann","login-time":1700000000.5}]}`),
	}.serve(t)
	able, err := agent.Meet(t.Context(), ask)
	if err != nil || able.Version != "7.2.1" || able.Has("guest-exec") || !able.Has("guest-get-fsinfo") {
		t.Fatalf("the agent is %+v, %v", able, err)
	}
	got, err := agent.Look(t.Context(), ask, able)
	if err != nil {
		t.Fatal(err)
	}
	want := agent.Info{
		OS:       map[string]string{"id": "debian", "pretty-name": "Debian 12"},
		Hostname: "web",
		Network: []agent.Interface{{Name: "eth0", MAC: "52:54:00:aa:bb:cc", Addresses: []agent.Address{
			{Type: "ipv4", IP: "10.0.0.5", Prefix: 24}, {Type: "ipv6", IP: "fd00::1", Prefix: 128},
		}}},
		Files: []agent.FileSystem{{Name: "vda1", Mount: "/", Type: "ext4", Used: 5, Total: 10}},
		Users: []agent.User{{Name: "ann", Since: 1700000000.5}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// Whatever an agent answers, what is kept is small and printable, and it doesn't take long.
func TestLiars(t *testing.T) {
	t.Parallel()
	many := func(one string, n int) string { return strings.Repeat(one+",", n-1) + one }
	flood := func(c net.Conn) {
		block := []byte(strings.Repeat("x", 1<<20))
		for range 100 {
			if _, err := c.Write(block); err != nil {
				return
			}
		}
	}
	stall := func(c net.Conn) { _, _ = io.Copy(io.Discard, c) } // until the other side gives up
	for name, one := range map[string]struct {
		interfaces func(net.Conn)
		kept       int
		silent     bool
	}{
		"broken JSON":        {says(`{"return":[{"name":`), 0, false},
		"another type":       {says(`{"return":"yes"}`), 0, false},
		"null":               {says(`{"return":null}`), 0, false},
		"an error":           {says(`{"error":{"class":"GenericError","desc":"no"}}`), 0, false},
		"nothing":            {says(``), 0, false},
		"deep":               {says(`{"return":` + strings.Repeat("[", 100_000)), 0, false},
		"stalls":             {stall, 0, true},
		"floods":             {flood, 0, false},
		"a reply too large":  {says(`{"return":[` + many(`{"name":"`+strings.Repeat("n", 1000)+`"}`, 2000) + `]}`), 0, false},
		"too many":           {says(`{"return":[` + many(`{"name":"x"}`, 5000) + `]}`), 64, false},
		"endless names":      {says(`{"return":[{"name":"` + strings.Repeat("é\\u0000\\u001b", 20_000) + `"}]}`), 1, false},
		"too many addresses": {says(`{"return":[{"name":"x","ip-addresses":[` + many(`{"ip-address":"10.0.0.1"}`, 9000) + `]}]}`), 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ask := guest{
				"guest-info":                   says(oneLine(honest)),
				"guest-get-osinfo":             says(`{"return":{"id":"debian"}}`),
				"guest-get-host-name":          says(`{"return":{"host-name":"` + strings.Repeat("w\\n", 9000) + `"}}`),
				"guest-network-get-interfaces": one.interfaces,
			}.serve(t)
			able, err := agent.Meet(t.Context(), ask)
			if err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			got, err := agent.Look(t.Context(), ask, able)
			if (err != nil) != one.silent || len(got.Network) != one.kept || got.OS["id"] != "debian" {
				t.Errorf("%d interfaces, %v", len(got.Network), err)
			}
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("it took %v", took)
			}
			text, err := json.Marshal(got)
			if err != nil || len(text) > 64<<10 || strings.ContainsAny(got.Hostname, "\n\x1b") || len(got.Hostname) > 253 {
				t.Errorf("%d bytes are kept: %v", len(text), err)
			}
		})
	}
}

func TestExecute(t *testing.T) {
	t.Parallel()
	long := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", agent.MostOutput+1)))
	for name, one := range map[string]struct {
		reply string
		want  agent.Outcome
		code  string
	}{
		"goes on":      {`{"return":{"exited":false}}`, agent.Outcome{}, ""},
		"ended":        {`{"return":{"exited":true,"exitcode":3,"out-data":"aGk=","err-data":"/w=="}}`, agent.Outcome{Exited: true, ExitCode: new(int64(3)), Out: "hi", Err: "\uFFFD"}, ""},
		"much output":  {`{"return":{"exited":true,"out-data":"` + long + `"}}`, agent.Outcome{Exited: true, Out: strings.Repeat("x", agent.MostOutput), OutCut: true}, ""},
		"no base 64":   {`{"return":{"exited":true,"out-data":"?"}}`, agent.Outcome{}, "agent_reply_broken"},
		"no answer":    {`{"return":[]}`, agent.Outcome{}, "agent_reply_broken"},
		"far too much": {`{"return":{"exited":true,"out-data":"` + strings.Repeat("A", 5<<20) + `"}}`, agent.Outcome{}, "agent_reply_too_large"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := agent.Ended(t.Context(), guest{"guest-exec-status": says(one.reply)}.serve(t), 5)
			if one.code != "" {
				if e := errs.As(err); e == nil || e.Code != one.code {
					t.Errorf("error %v, want %s", err, one.code)
				}
				return
			}
			if d := cmp.Diff(one.want, got); d != "" || err != nil {
				t.Errorf("%v (-want +got):\n%s", err, d)
			}
		})
	}
	if _, err := agent.Start(t.Context(), guest{"guest-exec": says(`{"return":{}}`)}.serve(t), agent.Command{Path: "/bin/true"}); !errs.Is(err, errs.Invalid) {
		t.Errorf("a process without a number: %v", err)
	}
}

func FuzzLook(f *testing.F) {
	f.Add(`{"return":[{"name":"eth0","ip-addresses":[{"ip-address":"::1"}],"user":"x","mountpoint":"/"}]}`)
	f.Add(`{"return":{"id":"debian","host-name":"x"}}`)
	f.Fuzz(func(t *testing.T, reply string) {
		ask := func(context.Context, string, time.Duration) (string, error) { return reply, nil }
		able := agent.Abilities{Features: []string{"guest-get-fsinfo", "guest-get-host-name", "guest-get-osinfo", "guest-get-users", "guest-network-get-interfaces"}}
		info, err := agent.Look(t.Context(), ask, able)
		if err != nil {
			t.Fatal(err)
		}
		if text, err := json.Marshal(info); err != nil || len(text) > 2<<20 {
			t.Errorf("%d bytes: %v", len(text), err)
		}
		_, _ = agent.Ended(t.Context(), ask, 1)
		_, _ = agent.Meet(t.Context(), ask)
	})
}
