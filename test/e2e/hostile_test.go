package e2e

import (
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dewpoint/test/harness"
)

// hostile are values that would do harm where they reached a shell, a path, XML, nft or dnsmasq as they are. Canary is a file that some of
// them would make.
func hostile(canary string) []string {
	return []string{
		`"quoted" 'name'`, "../../escape", "..", ".", "`touch " + canary + "`", "$(touch " + canary + ")", "; touch " + canary + ";",
		"two\nlines", "x\nserver=6.6.6.6", "x\ndhcp-script=" + canary, "x,6.6.6.6", "x/y", "#comment", "a b", "--help", "-o",
		"nul\x00byte", "return\rhere", "tab\there", "</title><devices><emulator>" + canary + "</emulator></devices>", "]]>", "&lt;&amp;&#10;",
		`x" } ; flush ruleset ; #`, "% s %n", "'; DROP TABLE vms; --", strings.Repeat("ü", 128), strings.Repeat("龍", 128), "\u202egnp", "\ufffe\uffff",
		"\u0085next", "a\xff\xfe", strings.Repeat("x", 129), strings.Repeat("x", 100_000), "",
	}
}

// reservation is a line of dnsmasq's reservations: a MAC, an address, a name.
var reservation = regexp.MustCompile(`^([0-9a-f]{2}:){5}[0-9a-f]{2},\d+\.\d+\.\d+\.\d+(,[A-Za-z0-9-]+)?\n$`)

// attempt is one call with one hostile value.
type attempt struct {
	client     *harness.Client
	path, what string
	value      string
	body       any
	headers    map[string]string
}

// try makes the calls and returns the bodies of those that were accepted. None may be an error of the server.
func try(t *testing.T, attempts []attempt) (accepted []*harness.Reply, values []string) {
	t.Helper()
	for _, a := range attempts {
		r, err := a.client.DoWith("POST", a.path, a.body, a.headers)
		if err != nil {
			t.Fatalf("%s %.60q: %v", a.what, a.value, err)
		}
		switch {
		case r.Status == 201 || r.Status == 200:
			accepted, values = append(accepted, r), append(values, a.value)
		case r.Status < 400 || r.Status >= 500:
			t.Errorf("%s %.60q: status %d: %s", a.what, a.value, r.Status, r.Body)
		}
	}
	return accepted, values
}

// with is a row with one value changed.
func with(row map[string]any, column string, value any) map[string]any {
	row = maps.Clone(row)
	row[column] = value
	return row
}

func TestHostileInput(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	instance, pid := s.Instance(), s.PID()
	canary := filepath.Join(t.TempDir(), "canary")
	t.Run("VMs", func(t *testing.T) { hostileVMs(t, s, instance, canary) })
	t.Run("networks", func(t *testing.T) { hostileNetworks(t, s, instance, canary) })
	t.Run("media", func(t *testing.T) { hostileMedia(t, s, canary) })
	if _, err := os.Stat(canary); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a value was run as a command: %v", err)
	}
	c := s.Table()
	if s.PID() != pid || strings.Contains(s.Log(), "panic") {
		t.Error("the server ended, or a request panicked")
	}
	for _, table := range []string{"vms", "vnets", "files"} {
		for _, row := range c.Must(200, "GET", table+"?fields=$key", nil).Rows() {
			c.Must(200, "DELETE", table+"/"+fmt.Sprint(row["$key"]), nil)
		}
	}
	waitClean(t, s, instance)
}

func hostileVMs(t *testing.T, s *harness.Server, instance, canary string) {
	c, resource := s.Table(), s.Resource()
	c.T, resource.T = t, t
	plain := makeVM(c, "plain", map[string]any{"powerstate": true})
	waitPower(c, "vms", plain.key, true)
	row := map[string]any{"name": "v", "ram": 256, "powerstate": true}
	compute := map[string]any{"name": "c", "memory": 256, "vcpus": 1}
	storage := func(disk map[string]any) map[string]any { return map[string]any{"disks": []any{disk}} }
	var names, others []attempt
	for i, v := range hostile(canary) {
		unique := fmt.Sprint("other ", i)
		names = append(names, attempt{client: c, path: "vms", what: "VM's name", value: v, body: with(row, "name", v)})
		for _, column := range []string{"machine_type", "cpu_type", "uuid", "boot_order", "console"} {
			others = append(others, attempt{client: c, path: "vms", what: column, value: v, body: with(map[string]any{"name": unique + column}, column, v)})
		}
		for _, column := range []string{"serial", "interface", "media", "preferred_tier", "media_source"} {
			body := with(map[string]any{"machine": plain.machine, "disksize": 1 << 20}, column, v)
			others = append(others, attempt{client: c, path: "machine_drives", what: "drive's " + column, value: v, body: body})
		}
		for _, column := range []string{"macaddress", "interface", "vnet", "ipaddress"} {
			body := with(map[string]any{"machine": plain.machine}, column, v)
			others = append(others, attempt{client: c, path: "machine_nics", what: "NIC's " + column, value: v, body: body})
		}
		create := with(compute, "storage", storage(map[string]any{"action": "create", "size": 1}))
		attach := with(compute, "storage", storage(map[string]any{"action": "attach", "path": v}))
		const path = "virtualization/computes"
		others = append(others,
			attempt{client: resource, path: path, what: "compute's name", value: v, body: with(create, "name", "r"+v)},
			attempt{client: resource, path: path, what: "disk's path", value: v, body: with(attach, "name", unique+"p")},
			attempt{client: resource, path: path, what: "network's source", value: v, body: with(with(create, "networks",
				[]any{map[string]any{"type": "network", "source": v}}), "name", unique+"n")},
		)
	}
	try(t, others)
	made, values := try(t, names)
	if len(made) < 5 || len(made) == len(names) {
		t.Errorf("%d of %d names were accepted", len(made), len(names))
	}
	want, _ := elements(t, harness.Virsh(t, "dumpxml", "--inactive", "dp-"+instance+"-"+plain.machine))
	for i, r := range made {
		key, machine := r.Object()["$key"].(string), r.Object()["response"].(map[string]any)["machine"].(string)
		waitPower(c, "vms", key, true)
		got, title := elements(t, harness.Virsh(t, "dumpxml", "--inactive", "dp-"+instance+"-"+machine))
		c.Must(200, "DELETE", "vms/"+key, nil)
		if strings.ToValidUTF8(values[i], "\ufffd") != title {
			t.Errorf("VM %q has the title %q", values[i], title)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("VM %q has another shape than a plain one:\n%s", values[i], d)
		}
	}
}

// elements lists the names of a document's elements in their order, and returns its title.
func elements(t *testing.T, text string) (names []string, title string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return names, title
		}
		if err != nil {
			t.Fatal(err)
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		names = append(names, start.Name.Local)
		if start.Name.Local == "title" {
			if err := d.DecodeElement(&title, &start); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func hostileNetworks(t *testing.T, s *harness.Server, instance, canary string) {
	c, resource := s.Table(), s.Resource()
	c.T, resource.T = t, t
	row := map[string]any{"name": "plain", "network": "10.73.0.0/24", "dhcp_enabled": true, "domain": "plain.test", "powerstate": true}
	plain := c.Create("vnets", row)
	waitPower(c, "vnets", plain, true)
	var names, others []attempt
	for i, v := range hostile(canary) {
		names = append(names, attempt{client: c, path: "vnets", what: "network's name", value: v, body: with(row, "name", v)})
		for _, column := range []string{"domain", "hostname", "dnslist", "dhcp_start", "dhcp_stop", "gateway", "ipaddress", "network"} {
			for j, value := range []string{v, "10.73.0.9" + v} {
				if v == "" {
					continue // as good as not given
				}
				body := with(with(row, "name", fmt.Sprint(column, i, j)), column, value)
				others = append(others, attempt{client: c, path: "vnets", what: column, value: value, body: body})
			}
		}
		for _, column := range []string{"hostname", "mac", "ip"} {
			body := with(map[string]any{"vnet": plain, "type": "static", "ip": "10.73.0.50", "mac": "02:00:00:00:00:01"}, column, v)
			others = append(others, attempt{client: c, path: "vnet_addresses", what: "reservation's " + column, value: v, body: body})
		}
		others = append(others, hostileResourceNetworks(resource, i, v)...)
	}
	try(t, others)
	made, values := try(t, names)
	if len(made) < 5 || len(made) == len(names) {
		t.Errorf("%d of %d names were accepted", len(made), len(names))
	}
	wantConf, wantRules := setUp(t, s, instance, plain)
	for i, r := range made {
		key := r.Object()["$key"].(string)
		waitPower(c, "vnets", key, true)
		conf, rules := setUp(t, s, instance, key)
		if d := cmp.Diff(wantConf, conf); d != "" {
			t.Errorf("network %q has another dnsmasq.conf than a plain one:\n%s", values[i], d)
		}
		if d := cmp.Diff(wantRules, rules); d != "" {
			t.Errorf("network %q has other rules than a plain one:\n%s", values[i], d)
		}
	}
	checkReservations(t, s.VnetDir(plain))
}

func hostileResourceNetworks(c *harness.Client, i int, v string) (list []attempt) {
	body := func(name string, ipRange, dhcp map[string]any) map[string]any {
		return map[string]any{"name": name, "mode": "nat", "ip_range": ipRange, "dhcp": dhcp}
	}
	subnet := map[string]any{"address": "10.73.1.1", "netmask": "255.255.255.0"}
	pool := map[string]any{"start": "10.73.1.100", "end": "10.73.1.200"}
	add := func(what string, b map[string]any) {
		list = append(list, attempt{client: c, path: "virtualization/networks", what: "resource network's " + what, value: v, body: b})
	}
	add("name", body("r"+v, subnet, pool))
	for _, key := range []string{"address", "netmask", "gateway"} {
		add(key, body(fmt.Sprint("r", key, i), with(subnet, key, v), pool))
	}
	for _, key := range []string{"start", "end"} {
		add(key, body(fmt.Sprint("r", key, i), subnet, with(pool, key, v)))
	}
	host := map[string]any{"mac": "02:00:00:00:00:02", "ip": "10.73.1.50", "name": "h"}
	for _, key := range []string{"mac", "ip", "name"} {
		add("host's "+key, body(fmt.Sprint("rhost", key, i), subnet, with(pool, "hosts", []any{with(host, key, v)})))
	}
	return list
}

// setUp returns what was set up for a network, with its folder taken out of the paths.
func setUp(t *testing.T, s *harness.Server, instance, key string) (conf, rules string) {
	t.Helper()
	dir := s.VnetDir(key)
	text, err := os.ReadFile(filepath.Join(dir, "dnsmasq.conf"))
	if err != nil {
		t.Fatal(err)
	}
	conf = strings.ReplaceAll(string(text), dir+"/", "FOLDER/")
	return conf, harness.Output(t, "ip", "netns", "exec", "dp"+instance+"-"+key, "nft", "list", "ruleset")
}

// checkReservations holds every line of a network's reservations against the one shape that they may have.
func checkReservations(t *testing.T, dir string) {
	t.Helper()
	harness.Eventually(t, time.Minute, "a reservation is written", func() (bool, string) {
		text, err := os.ReadFile(filepath.Join(dir, "dnsmasq.hosts"))
		return len(text) > 0, fmt.Sprint(string(text), err)
	})
	text, err := os.ReadFile(filepath.Join(dir, "dnsmasq.hosts"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if !reservation.MatchString(line) {
			t.Errorf("a reservation reads %q", line)
		}
	}
}

func hostileMedia(t *testing.T, s *harness.Server, canary string) {
	c, resource := s.Table(), s.Resource()
	c.T, resource.T = t, t
	var attempts []attempt
	for _, v := range hostile(canary) {
		headers := map[string]string{
			"Tus-Resumable": "1.0.0", "Upload-Length": "5", "Upload-Metadata": "filename " + base64.StdEncoding.EncodeToString([]byte(v)),
		}
		attempts = append(attempts,
			attempt{client: c, path: "files", what: "file's name", value: v, body: map[string]any{"name": v, "allocated_bytes": "5"}},
			attempt{client: resource, path: "virtualization/isos/upload", what: "upload's name", value: v, headers: headers},
		)
	}
	try(t, attempts)
	for _, id := range []string{"%2e%2e%2f%2e%2e%2fetc%2fpasswd", "%00", "`id`", "%0a", "a%2fb"} {
		for _, path := range []string{"virtualization/isos/", "virtualization/computes/", "virtualization/networks/", "virtualization/isos/upload/"} {
			r, err := resource.Do("GET", path+id, nil)
			if err != nil || r.Status < 400 || r.Status >= 500 {
				t.Errorf("GET %s%s: %v, %+v", path, id, err, r)
			}
		}
	}
	for _, path := range filesIn(t, s.Data, "files") {
		if name := filepath.Base(path); strings.Trim(name, "0123456789") != "" {
			t.Errorf("a file got the name %q", name)
		}
	}
}
