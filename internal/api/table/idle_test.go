package table_test

import (
	"strings"
	"testing"
)

// TestValuesThatCountForNothingAreKept gives values to columns whose condition doesn't hold. They are kept, the reply says so, and they count as soon
// as it holds.
func TestValuesThatCountForNothingAreKept(t *testing.T) {
	t.Parallel()
	s := start(t)
	const begin = `299 dewpoint "kept without an effect: `
	for _, c := range []struct{ method, path, body, warning string }{
		{"POST", "vnets", `{"name":"lan","network":"10.1.0.0/24","dhcp_start":"10.1.0.20","dhcp_stop":"10.1.0.30"}`, `dhcp_start counts only while dhcp_enabled is true; dhcp_stop counts only while dhcp_enabled is true"`},
		{"PUT", "vnets/1", `{"name":"lan","dhcp_start":"10.1.0.20"}`, `dhcp_start counts only while dhcp_enabled is true"`},
		{"PUT", "vnets/1", `{"dhcp_enabled":true,"dhcp_start":"10.1.0.20"}`, ""},
		{"PUT", "vnets/1", `{"dhcp_enabled":false}`, ""}, // what the request doesn't speak of is no news
		{"PUT", "vnets/1", `{"monitor_interval_ms":2000,"port_mirroring_vnet":null}`, ""},
		{"PUT", "vnets/1", `{"monitor_interval_ms":3000}`, `monitor_interval_ms counts only while monitor_gateway is true"`},
		{"PUT", "users/1", `{"remote_name":"root"}`, `remote_name counts only while auth_source has a value"`},
		{"PUT", "vnets/1?dry_run=1", `{"dhcp_start":"10.1.0.21"}`, `dhcp_start counts only while dhcp_enabled is true"`},
		{"POST", "vms", `{"name":"a","uefi":false,"secure_boot":false,"console_pass_enabled":false,"console_pass":""}`, ""},
		{"POST", "vms", `{"name":"b","console_pass":"secret"}`, `console_pass counts only while console_pass_enabled is true"`},
		{"POST", "machine_drives", `{"machine":2,"media":"cdrom","disksize":1048576}`, `disksize counts only while media is disk, import or clone"`},
		{"POST", "user_api_keys", `{"name":"k","expires_type":"never","expires":1999999999}`, `expires counts only while expires_type is date"`},
		{"POST", "user_api_keys", `{"name":"l","expires":1999999999}`, ""}, // the key's own code makes it a date
		{"PUT", "vnets/1", `{"dhcp_start":"10.1.0.21","mtu":1}`, "failed"},
	} {
		got := s.send(c.method, "/api/v4/"+c.path, strings.NewReader(c.body))
		want := c.warning
		if want != "" && want != "failed" {
			want = begin + want
		}
		if c.warning == "failed" {
			got.failed(t, 422)
			want = ""
		}
		same(t, c.path+" "+c.body, want, got.header.Get("Warning"))
	}
	row := s.get("/api/v4/vnets/1?fields=dhcp_start,dhcp_stop").must(t, 200).body
	same(t, "kept", `{"dhcp_start":"10.1.0.20","dhcp_stop":"10.1.0.30"}`, strings.TrimSpace(row))
}
