package table_test

import (
	"net/url"
	"strings"
	"testing"

	"dewpoint/internal/schema"
)

// TestShapesThatClientsDecode reads columns in the forms in which clients decode them; each request is one of theirs.
func TestShapesThatClientsDecode(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.insert("clusters", schema.Set{"name": schema.TextValue("main")})
	s.insert("clusters", schema.Set{"name": schema.TextValue("second")})
	s.insert("nodes", schema.Set{"name": schema.TextValue("host"), "cluster": schema.IntValue(1)}) // with machine 1
	s.make("vms", `{"name":"a"}`)
	s.make("vms", `{"name":"b","cluster":"2","preferred_node":1}`)
	s.make("vnets", `{"name":"lan","network":"10.1.0.0/24"}`)
	s.make("tasks", `{"name":"on","owner":"vms/1","action":"poweron"}`)
	s.make("machine_nics", `{"machine":2,"macaddress":"52-54-00-AA-BB-CC"}`)
	s.make("vnet_addresses", `{"vnet":1,"type":"static","ip":"10.1.0.9","mac":"525400AABBCD"}`)
	s.write("machine_stats", 2, schema.Set{"total_cpu": schema.IntValue(96)})
	for _, c := range []struct{ path, want string }{
		{"vms/1?fields=id,machine,name,cluster,preferred_node,snapshot_profile", `{"id":null,"machine":2,"name":"a","cluster":"1","preferred_node":null,"snapshot_profile":null}`}, // Packer
		{"vms?fields=machine%23$key as id,cluster as c,preferred_node&filter=id eq 3", `[{"id":3,"c":"2","preferred_node":"1"}]`},
		{"vms?fields=name&filter=cluster eq 2 and cluster eq '2'", `[{"name":"b"}]`},
		{"machines/3?fields=cluster", `{"cluster":2}`},
		{"vnets/1?fields=cluster", `{"cluster":1}`},
		{"machine_stats?fields=$key,total_cpu,ram_pct,core_usagelist&filter=$key le 3", // Go SDK: uint8
			`[{"$key":1,"total_cpu":0,"ram_pct":0,"core_usagelist":[]},{"$key":2,"total_cpu":96,"ram_pct":0,"core_usagelist":[]},{"$key":3,"total_cpu":0,"ram_pct":0,"core_usagelist":[]}]`},
		{"machine_stats?fields=$key&filter=total_cpu eq 0 and $key lt 4&sort=-total_cpu", `[{"$key":3},{"$key":1}]`},
		{"vms/1?fields=machine%23stats%23ram_used as used,preferred_node%23machine%23stats%23total_cpu as none", `{"used":0,"none":null}`},
		{"machine_status/2?fields=agent_guest_info,agent_features", `{"agent_guest_info":null,"agent_features":[]}`}, // Go SDK 0.1.9
		{"tasks/1?fields=last_run", `{"last_run":null}`},
		{"clusters/1?fields=target_ram_pct", `{"target_ram_pct":80}`},
		{"users/1?fields=physical_access", `{"physical_access":true}`},
		{"nodes/1?fields=vsan_connected", `{"vsan_connected":true}`},
		{"tasks?fields=name&filter=owner eq 1", `[{"name":"on"}]`},
		{"tasks?fields=name&filter=owner in (7,1) and owner ne 2", `[{"name":"on"}]`},
		{"tasks?fields=name&filter=owner ne 1", `[]`},
		{"machine_nics?fields=macaddress&filter=macaddress eq '52:54:00:AA:BB:CC' and macaddress bw '52-54-00-AA'", `[{"macaddress":"52:54:00:aa:bb:cc"}]`},
		{"vnet_addresses?fields=mac&filter=mac in ('52-54-00-AA-BB-CD','x')", `[{"mac":"52:54:00:aa:bb:cd"}]`},
		{"vnet_addresses?fields=mac&mac=525400aabbcd", `[{"mac":"52:54:00:aa:bb:cd"}]`},
	} {
		path, query, _ := strings.Cut(c.path, "?")
		query = strings.ReplaceAll(query, " ", "%20")
		same(t, c.path, c.want, strings.TrimSpace(s.get("/api/v4/"+path+"?"+query).must(t, 200).body))
	}
	most := s.get("/api/v4/vms/2?fields=most").object(t) // Terraform decodes numbers
	for name, want := range map[string]string{"cluster": "2", "preferred_node": "1"} {
		if got, ok := most[name].(interface{ String() string }); !ok || got.String() != want {
			t.Errorf("most has %s %v, want the number %s", name, most[name], want)
		}
	}
	if dash := s.get("/api/v4/nodes/1?fields=dashboard").object(t); dash["machine"] != most["preferred_node"] {
		t.Errorf("the machine of a node's dashboard is %v, want the number 1", dash["machine"])
	}
	s.post("/api/v4/task_actions", `{"task":1,"action":"execute"}`).must(t, 201)
	ran := s.get("/api/v4/tasks/1?fields=last_run,"+url.QueryEscape("last_run gt '2024-01-15 10:30:00' as late,last_run gt {$add({$now},-600)} as now")).must(t, 200).object(t)
	if text, ok := ran["last_run"].(string); !ok || len(text) != len("2024-01-15 10:30:00") || ran["late"] != true || ran["now"] != true {
		t.Errorf("a task that ran says %v", ran)
	}
}
