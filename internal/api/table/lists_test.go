package table_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// TestListsOfClients asks for lists of rows as the Go SDK, the exporter and the seed guide do.
func TestListsOfClients(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, r := range []struct {
		table string
		set   schema.Set
	}{
		{"clusters", schema.Set{"name": schema.TextValue("main")}},
		{"nodes", schema.Set{"name": schema.TextValue("host"), "cluster": schema.IntValue(1)}},
		{"cluster_tiers", schema.Set{"tier": schema.IntValue(1), "cluster": schema.IntValue(1)}},
	} {
		s.insert(r.table, r.set)
	}
	s.make("members", `{"parent_group":`+s.make("groups", `{"name":"team"}`)+`,"member":"users/1"}`)
	s.make("vms", `{"name":"a"}`)
	s.make("vms", `{"name":"b"}`)
	s.write("machine_status", 1, schema.Set{"state": schema.TextValue("online")}) // the node's own
	for key, cores := range map[int64]int64{2: 2, 3: 4} {
		s.write("machine_status", key, schema.Set{
			"node": schema.IntValue(1), "running_cores": schema.IntValue(cores), "running_ram": schema.IntValue(512 * cores),
		})
	}
	for _, c := range []struct{ path, fields, want string }{
		{"nodes", "id,running_machines[sum(running_cores),sum(running_ram)] as vm_stats_totals", `[{"id":1,"vm_stats_totals":{"running_cores":6,"running_ram":3072}}]`},
		{"nodes/1", "running_machines[name,running_cores] ? running_cores gt 2 as big", `{"big":[{"name":"b","running_cores":4}]}`},
		{"cluster_tiers", "$key,vsan_drives[parent_drive#status#state as state] ? state eq 'online' as drives_online," +
			"cluster[nodes[machine#status#state as state] ? state eq 'online'] as nodes_online", `[{"$key":1,"drives_online":[],"nodes_online":{"nodes":[{"state":"online"}]}}]`},
		{"cluster_tiers", "cluster[nodes[name,machine#status#state as state] ? state ne 'online'] as nodes_away", `[{"nodes_away":{"nodes":[]}}]`},
		{
			"users", "name,email,enabled,groups[name] as all_groups,collapse(groups[name]) as first_groups_name",
			`[{"name":"admin","email":null,"enabled":true,"all_groups":[{"name":"team"}],"first_groups_name":"team"}]`,
		},
		{"users/1", "count(groups) as in", `{"in":1}`},
	} {
		got := s.get("/api/v4/"+c.path+"?fields="+url.QueryEscape(c.fields)).must(t, 200).body
		same(t, c.fields, c.want, strings.TrimSpace(got))
	}
	s.get("/api/v4/users?fields="+url.QueryEscape("name,email,enabled,groups[all] as all_groups,collapse(groups[name]) as first_groups_name")).must(t, 200)
}

// TestListsThatDontBelongStay deletes a user with a group and a cluster with a node: neither goes with it.
func TestListsThatDontBelongStay(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.insert("clusters", schema.Set{"name": schema.TextValue("main")})
	s.insert("nodes", schema.Set{"name": schema.TextValue("host"), "cluster": schema.IntValue(1)})
	user := s.make("users", `{"name":"anna","password":"correct horse"}`)
	s.make("members", `{"parent_group":`+s.make("groups", `{"name":"team"}`)+`,"member":"users/`+user+`"}`)
	for _, path := range []string{"users/" + user, "clusters/1"} {
		s.send("DELETE", "/api/v4/"+path, nil).must(t, 200)
	}
	same(t, "groups", `[{"name":"team"}]`, strings.TrimSpace(s.get("/api/v4/groups?fields=name&name=team").body))
	same(t, "nodes", `[{"name":"host","cluster":null}]`, strings.TrimSpace(s.get("/api/v4/nodes?fields=name,cluster").body))
}

// insert makes a row that clients can't make.
func (s *server) insert(table string, set schema.Set) {
	s.t.Helper()
	err := s.db.Update(context.Background(), func(tx *store.Tx) error {
		r := schema.NewRecord(s.db.Schema.Table(table))
		r.PutAll(set)
		_, err := tx.Create(r, nil)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
}
