package table_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"dewpoint/internal/schema"
)

// TestCreateReplies holds the replies of POST letter for letter: terraform and packer decode them into fixed types.
func TestCreateReplies(t *testing.T) {
	t.Parallel()
	s := start(t)
	same(t, "vms", `{"location":"/v4/vms/1","dbpath":"vms/1","$row":1,"$key":"1","response":{"machine":"1"}}`, s.post("/api/v4/vms", `{"name":"a"}`).must(t, 201).body)
	same(t, "machine_drives", `{"location":"/v4/machine_drives/1","dbpath":"machine_drives/1","$row":1,"$key":"1"}`,
		s.post("/api/v4/machine_drives", `{"machine":1,"disksize":1073741824}`).must(t, 201).body)
	same(t, "machine_nics", `{"location":"/v4/machine_nics/1","dbpath":"machine_nics/1","$row":1,"$key":"1"}`,
		s.post("/api/v4/machine_nics", `{"machine":1}`).must(t, 201).body)

	made := s.post("/api/v4/user_api_keys", `{"name":"k"}`).must(t, 201).object(t)
	response, _ := made["response"].(map[string]any)
	key, _ := made["key"].(string)
	if len(key) != 64 || response["private_key"] != key || response["token"] != key {
		t.Errorf("the key of an API key is not in all three places: %v", made)
	}
	s.send("GET", "/api/v4/vms", nil, bearer(key)).must(t, 200)
}

func TestRows(t *testing.T) {
	t.Parallel()
	s := start(t)
	r := s.get("/api/v4/vms").must(t, 200)
	same(t, "an empty list", "[]", r.body)
	same(t, "content type", "application/json", r.header.Get("Content-Type"))
	s.make("vms", `{"name":"a"}`)
	s.make("vms", `{"name":"b"}`)
	same(t, "one", `{"$key":2,"name":"b","machine":2}`, s.get("/api/v4/vms/2?fields=$key,name,machine").must(t, 200).body)
	same(t, "list", `[{"$key":1,"name":"a"},{"$key":2,"name":"b"}]`, s.get("/api/v4/vms?fields=$key,name").must(t, 200).body)
	same(t, "path", `[{"name":"a","running":false,"powerstate":false}]`,
		s.get("/api/v4/vms?limit=1&fields=name,machine%23status%23running%20as%20running,powerstate").must(t, 200).body)
	same(t, "nested", `{"machine":{"drives":[],"status":{"status":"stopped"}}}`,
		s.get("/api/v4/vms/1?fields=machine%5Bdrives%5B%24key%5D,status%5Bstatus%5D%5D").must(t, 200).body)
	for _, view := range []string{"all", "most", "summary", "dashboard", ""} {
		row := s.get("/api/v4/vms/1?fields="+view).must(t, 200).object(t)
		if row["$key"] != json.Number("1") || row["name"] != "a" {
			t.Errorf("view %q: %v", view, row)
		}
	}
}

func TestListParameters(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, name := range []string{"web1", "web2", "db;1"} {
		s.make("vms", fmt.Sprintf(`{"name":%q,"ram":"2048"}`, name))
	}
	for path, want := range map[string]string{
		"?fields=name&filter=name%20bw%20'web'":                      `[{"name":"web1"},{"name":"web2"}]`,
		"?fields=name&filter=name+eq+'web2'":                         `[{"name":"web2"}]`,
		"?fields=name&filter=name%20eq%20'db;1'":                     `[{"name":"db;1"}]`,
		"?fields=name&name=web1":                                     `[{"name":"web1"}]`,
		"?fields=name&ram=2048&limit=1":                              `[{"name":"web1"}]`,
		"?fields=name&sort=-name&limit=2":                            `[{"name":"web2"},{"name":"web1"}]`,
		"?fields=name&sort=+name&limit=1":                            `[{"name":"db;1"}]`,
		"?fields=name&sort=%2Bname&limit=1":                          `[{"name":"db;1"}]`,
		"?fields=name&sort=$key&limit=1&offset=1":                    `[{"name":"web2"}]`,
		"?fields=name&filter=&sort=&limit=&offset=":                  `[{"name":"web1"},{"name":"web2"},{"name":"db;1"}]`,
		"?fields=name&limit=0&dry_run=true&nonsense=1&sha=%20":       `[{"name":"web1"},{"name":"web2"},{"name":"db;1"}]`,
		"?fields=machine%23$key%20as%20id&filter=id%20eq%202":        `[{"id":2}]`,
		"?fields=name&filter=machine%23status%23running%20eq%20true": `[]`,
		"?fields=name&filter=name%20eq%20'none'":                     `[]`,
	} {
		same(t, path, want, s.get("/api/v4/vms"+path).must(t, 200).body)
	}
	for path, status := range map[string]int{
		"?filter=name%20eq": 400, "?filter=name%20eq%20'a": 400, "?fields=%zz": 400, "?limit=-1": 400, "?sort=nonsense": 422,
		"?filter=nonsense%20eq%201": 422, "?fields=upper(nonsense)": 422, "?filter=" + strings.Repeat("(", 5000): 422,
	} {
		if got := s.get("/api/v4/vms" + path); got.status != status && !(status == 422 && got.status == 400) {
			t.Errorf("%.40s: %d %s, want %d", path, got.status, got.body, status)
		} else {
			got.failed(t, got.status)
		}
	}
}

func TestIndented(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.make("vms", `{"name":"a"}`)
	s.make("vms", `{"name":"b"}`)
	pretty := func(path string) string {
		return s.send("GET", path, nil, admin, header("X-JSON-Non-Compact", "1"), admin).must(t, 200).body
	}
	same(t, "list", "[\n    {\n        \"name\": \"a\"\n    },\n    {\n        \"name\": \"b\"\n    }\n]", pretty("/api/v4/vms?fields=name"))
	same(t, "one", "{\n    \"name\": \"a\"\n}", pretty("/api/v4/vms/1?fields=name"))
	same(t, "empty", "[]", pretty("/api/v4/vms?filter=name%20eq%20''"))
}

func TestUpdateAndDelete(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.make("vms", `{"name":"a","ram":"1024"}`)
	for _, body := range []string{`{}`, `{"ram":"4096","description":"d","nonsense":{}}`, ``} {
		r := s.put("/api/v4/vms/1", body).must(t, 200)
		same(t, "body of a PUT", "", r.body)
	}
	same(t, "changed", `{"ram":4096,"description":"d","name":"a"}`, s.get("/api/v4/vms/1?fields=ram,description,name").body)
	same(t, "body of a DELETE", "", s.send("DELETE", "/api/v4/vms/1", nil).must(t, 200).body)
	for _, method := range []string{"GET", "PUT", "DELETE"} {
		same(t, method, "Resource '/v4/vms/1' not found", s.send(method, "/api/v4/vms/1", nil).failed(t, 404))
	}
}

func TestCascade(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.make("vms", `{"name":"a"}`)
	file := s.make("files", `{"name":"a.iso","allocated_bytes":"0"}`)
	s.make("machine_drives", `{"machine":1,"media":"cdrom","media_source":`+file+`}`)
	s.make("machine_nics", `{"machine":1}`)
	s.send("DELETE", "/api/v4/files/"+file, nil).failed(t, 409)
	s.send("DELETE", "/api/v4/vms/1", nil).must(t, 200)
	for _, path := range []string{"machines/1", "machine_drives/1", "machine_nics/1", "machine_nic_status/1"} {
		s.get("/api/v4/"+path).failed(t, 404)
	}
	s.send("DELETE", "/api/v4/files/"+file, nil).must(t, 200)
	// Keys are never used again.
	same(t, "next key", "2", s.make("vms", `{"name":"a"}`))
}

func TestVersion(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, who := range []credential{nobody, admin, bearer("nonsense")} {
		same(t, "version", `{"name":"v4","version":"26.0.0.1","hash":"abc"}`, s.send("GET", "/version.json?fields=most", nil, who).must(t, 200).body)
	}
}

func TestDashboardOfRunningVM(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.make("vms", `{"name":"a"}`)
	net := s.make("vnets", `{"name":"lan","network":"10.7.0.0/24"}`)
	s.make("machine_nics", `{"machine":1,"vnet":`+net+`}`)
	s.write("machine_status", 1, schema.Set{
		"running": schema.BoolValue(true), "status": schema.TextValue("running"),
		"agent_guest_info": schema.TextValue(`{"network":[{"name":"eth0","ip-addresses":[{"ip-address-type":"ipv4","ip-address":"10.7.0.9"}]}]}`),
	})
	var row struct {
		Machine struct {
			NICs   []struct{ Vnet, Status string } `json:"nics"`
			Status struct {
				Info struct {
					Network []struct {
						Addresses []struct {
							Address string `json:"ip-address"`
						} `json:"ip-addresses"`
					} `json:"network"`
				} `json:"agent_guest_info"`
			} `json:"status"`
		} `json:"machine"`
	}
	if err := json.Unmarshal([]byte(s.get("/api/v4/vms/1?fields=dashboard").must(t, 200).body), &row); err != nil {
		t.Fatal(err)
	}
	if row.Machine.NICs[0].Vnet != "lan" || row.Machine.NICs[0].Status == "" || row.Machine.Status.Info.Network[0].Addresses[0].Address != "10.7.0.9" {
		t.Errorf("dashboard: %+v", row)
	}
}
