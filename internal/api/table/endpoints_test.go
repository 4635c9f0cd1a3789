package table_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// endpoints asks the server itself what there is: the verbs of every path come from the header Allow of an answer to a verb that no
// path has.
func (s *server) endpoints() []string {
	s.t.Helper()
	paths := []string{"/version.json", "/api/sys/tokens", "/api/sys/tokens/{token}", "/api/sys/can", "/api/v4"}
	for _, t := range s.db.Schema.Tables() {
		if t.Internal {
			continue
		}
		paths = append(paths, "/api/v4/"+t.Name, "/api/v4/"+t.Name+"/$table", "/api/v4/"+t.Name+"/{key}")
		if t.ActionTable != "" {
			paths = append(paths, "/api/v4/"+t.ActionTable, "/api/v4/"+t.ActionTable+"/refresh", "/api/v4/"+t.ActionTable+"/$table", "/api/v4/"+t.Name+"/{key}/refresh")
		}
	}
	var found []string
	for _, path := range paths {
		allow := s.send("PATCH", path, nil).must(s.t, 405).header.Get("Allow")
		for verb := range strings.SplitSeq(allow, ", ") {
			found = append(found, verb+" "+path)
		}
	}
	return found
}

// fill gives every table a row, those too that clients can't make rows of, and returns their keys.
func (s *server) fill() map[string]string {
	s.t.Helper()
	s.make("vms", `{"name":"a"}`)
	s.make("vnets", `{"name":"lan","network":"10.1.0.0/24"}`)
	s.make("files", `{"name":"a","allocated_bytes":"10"}`)
	s.make("machine_drives", `{"machine":1,"disksize":1}`)
	s.make("machine_nics", `{"machine":1,"vnet":1}`)
	s.make("vnet_addresses", `{"vnet":1,"type":"static","ip":"10.1.0.9"}`)
	s.make("user_api_keys", `{"name":"first"}`)
	s.make("tasks", `{"name":"on","owner":"vms/1","action":"poweron"}`)
	s.make("tag_categories", `{"name":"env","taggable_vms":true}`)
	s.make("tags", `{"name":"test","category":1}`)
	s.make("tag_members", `{"tag":1,"member":"vms/1"}`)
	s.make("resource_groups", `{"name":"gpus","type":"node_pci_devices"}`)
	keys := map[string]string{}
	err := s.db.Update(context.Background(), func(tx *store.Tx) error {
		for _, t := range s.db.Schema.Tables() {
			rows, err := tx.Find(t.Name)
			if err != nil {
				return err
			}
			if len(rows) == 0 && !t.Internal {
				r := schema.NewRecord(t)
				if t.Key == schema.NameKey {
					r.Key = schema.TextValue("probe")
				}
				if _, err := tx.Create(r, nil); err != nil {
					return err
				}
				rows = append(rows, r)
			}
			if len(rows) > 0 {
				keys[t.Name] = rows[0].Key.Text()
			}
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return keys
}

// probe makes the call of an endpoint.
func probe(endpoint string, keys map[string]string) (method, path, body string) {
	method, path, _ = strings.Cut(endpoint, " ")
	parts := strings.Split(path, "/")
	if len(parts) > 3 {
		path = strings.Replace(path, "{key}", keys[parts[3]], 1)
	}
	path = strings.Replace(path, "{token}", strings.Repeat("0", 40), 1)
	body = `{}`
	if strings.HasSuffix(parts[len(parts)-1], "_actions") || len(parts) > 4 && strings.HasSuffix(parts[3], "_actions") {
		body = `{"vm":1,"vnet":1,"action":"refresh"}`
	}
	if path == "/api/sys/tokens" {
		body = `{"login":"{name}","password":"wrong"}` // a name of its own for each caller: who fails too often has to wait
	}
	return method, path, body
}

// TestEveryEndpointWithEveryCredential calls everything without a credential, with bad ones, as somebody without rights and as an
// administrator. The golden file is the list of answers; testdata/uncovered.txt, the list of what was not called, stays empty.
func TestEveryEndpointWithEveryCredential(t *testing.T) {
	t.Parallel()
	s := start(t)
	keys := s.fill()
	s.make("users", `{"name":"bob","password":"bobs password"}`)
	expired := s.post("/api/v4/user_api_keys", `{"name":"old","expires_type":"date","expires":1}`).must(t, 201).object(t)["key"].(string)
	made := s.post("/api/v4/user_api_keys", `{"name":"revoked"}`).must(t, 201).object(t)
	s.send("GET", "/api/v4/system", nil, bearer(made["key"].(string))).must(t, 200)
	s.send("DELETE", "/api/v4/user_api_keys/"+made["$key"].(string), nil).must(t, 200)
	credentials := []struct {
		name string
		put  credential
	}{
		{"nobody", nobody},
		{"malformed", header("Authorization", "Bearer \x80!")},
		{"wrong", header("x-yottabyte-token", strings.Repeat("f", 40))},
		{"expired", bearer(expired)},
		{"revoked", bearer(made["key"].(string))},
		{"bob", basic("bob", "bobs password")},
		{"admin", admin},
	}
	called := map[string]bool{}
	var out strings.Builder
	endpoints := s.endpoints()
	// Deletes come last, so that the others find their rows.
	slices.SortStableFunc(endpoints, func(a, b string) int {
		return boolInt(strings.HasPrefix(a, "DELETE")) - boolInt(strings.HasPrefix(b, "DELETE"))
	})
	for _, e := range endpoints {
		method, path, body := probe(e, keys)
		var answers []string
		for _, c := range credentials {
			r := s.send(method, path, strings.NewReader(strings.Replace(body, "{name}", c.name, 1)), c.put)
			answers = append(answers, fmt.Sprintf("%s=%d", c.name, r.status))
			if r.status >= 500 {
				t.Errorf("%s as %s: %d %s", e, c.name, r.status, r.body)
			}
			if r.status >= 400 && !json.Valid([]byte(r.body)) {
				t.Errorf("%s as %s: no JSON: %s", e, c.name, r.body)
			}
			called[e] = true
		}
		fmt.Fprintf(&out, "%-46s %s\n", e, strings.Join(answers, " "))
	}
	golden(t, "endpoints.txt", out.String())
	missing := slices.DeleteFunc(s.endpoints(), func(e string) bool { return called[e] })
	golden(t, "uncovered.txt", strings.Join(missing, "\n"))
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// TestSeesOwnOnly makes sure that somebody without rights sees nothing of others, by any road.
func TestSeesOwnOnly(t *testing.T) {
	t.Parallel()
	s := start(t)
	keys := s.fill()
	bobs := s.make("users", `{"name":"bob","password":"bobs password"}`)
	bob := basic("bob", "bobs password")
	for _, name := range slices.Sorted(maps.Keys(keys)) {
		if s.db.Schema.Table(name).Internal || s.db.Schema.Table(name).Open || name == "users" {
			continue
		}
		same(t, name, "[]", s.send("GET", "/api/v4/"+name, nil, bob).must(t, 200).body)
		s.send("GET", "/api/v4/"+name+"/"+keys[name], nil, bob).failed(t, 404)
	}
	same(t, "users", `[{"$key":`+bobs+`,"name":"bob"}]`, s.send("GET", "/api/v4/users?fields=$key,name", nil, bob).must(t, 200).body)
	key := s.send("POST", "/api/v4/user_api_keys", strings.NewReader(`{"name":"k"}`), bob).must(t, 201).object(t)["key"].(string)
	same(t, "by key", `[{"name":"bob"}]`, s.send("GET", "/api/v4/users?fields=name", nil, bearer(key)).must(t, 200).body)
	same(t, "password", `[{"password":null}]`, s.send("GET", "/api/v4/users?fields=password", nil, bob).must(t, 200).body)
	for _, guess := range []string{"password%20bw%20'$'", "password%20ne%20null", "api_keys%23digest%20bw%20'a'", "token_epoch%20ge%200"} {
		if r := s.send("GET", "/api/v4/users?fields=name&filter="+guess, nil, bob); r.body == `[{"name":"bob"}]` {
			t.Errorf("filter %s answers something about a secret: %s", guess, r.body)
		}
	}
	s.send("POST", "/api/v4/user_api_keys", strings.NewReader(`{"name":"k","user":1}`), bob).failed(t, 422)
	s.send("PUT", "/api/v4/users/"+bobs, strings.NewReader(`{"admin":true}`), bob).failed(t, 403)
	s.send("PUT", "/api/v4/users/1", strings.NewReader(`{"password":"mine"}`), bob).failed(t, 404)
	s.send("PUT", "/api/v4/files/1?filepos=0", strings.NewReader("x"), bob).failed(t, 404)
	s.send("GET", "/api/v4/files/1?download=1", nil, bob).failed(t, 404)
	s.send("POST", "/api/v4/vm_actions", strings.NewReader(`{"vm":1,"action":"poweron"}`), bob).failed(t, 404)
}
