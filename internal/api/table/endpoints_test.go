package table_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/test/golden"
)

// endpoints asks the server itself what there is: the verbs of every path come from the header Allow of an answer to a verb that no
// path has.
func (s *server) endpoints() []string {
	s.t.Helper()
	paths := []string{"/version.json", "/api/sys/tokens", "/api/sys/tokens/{token}", "/api/sys/session", "/api/sys/can", "/api/sys/forms", "/api/v4", "/api/v4/note_actions", "/api/v4/openapi", "/api/v4/openapi.json", "/api/v4/openapi.yaml", "/api/v4/openapi/{document}"}
	for _, t := range s.db.Schema.Tables() {
		if t.Internal {
			continue
		}
		paths = append(paths, "/api/v4/"+t.Name, "/api/v4/"+t.Name+"/$table", "/api/v4/"+t.Name+"/{key}")
		if t.Explained {
			paths = append(paths, "/api/v4/"+t.Name+"/{key}/explain")
		}
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
	s.make("vnet_addresses", `{"vnet":1,"type":"static","ip":"10.1.0.9","mac":"52:54:00:00:00:09"}`)
	s.make("machine_devices", `{"machine":1,"type":"tpm"}`)
	s.make("user_api_keys", `{"name":"first"}`)
	s.make("tasks", `{"name":"on","owner":"vms/1","action":"poweron"}`)
	s.make("task_schedules", `{"name":"hourly"}`)
	s.make("task_schedule_triggers", `{"task":1,"schedule":1}`)
	s.make("task_events", `{"task":1,"table":"vnets","event":"created"}`)
	s.make("auth_sources", `{"name":"corp","driver":"ldap","settings":{"url":"ldaps://127.0.0.1:1","user_dn":"uid={name},dc=x"}}`)
	s.make("tag_categories", `{"name":"env","taggable_vms":true}`)
	s.make("tags", `{"name":"test","category":1}`)
	s.make("tag_members", `{"tag":1,"member":"vms/1"}`)
	group := s.make("resource_groups", `{"name":"first","type":"node_pci_devices"}`)
	s.make("resource_rules", `{"resource_group":"`+group+`","name":"first","filter":"vendor eq 'x'"}`)
	keys := map[string]string{}
	err := s.db.Update(context.Background(), func(tx *store.Tx) error {
		for _, t := range s.db.Schema.Tables() {
			rows, err := tx.Find(t.Name)
			if err != nil {
				return err
			}
			if len(rows) == 0 && !t.Internal {
				r := schema.NewRecord(t)
				for i, f := range t.Fields {
					if f.IsRequired && f.IsRow() && f.Ref != "" {
						r.PutAt(i, schema.IntValue(1))
					}
				}
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
	path = strings.Replace(path, "{document}", "vms.json", 1)
	path = strings.Replace(path, "{token}", strings.Repeat("0", 40), 1)
	body = `{}`
	if strings.HasSuffix(parts[len(parts)-1], "_actions") || len(parts) > 4 && strings.HasSuffix(parts[3], "_actions") {
		body = `{"vm":1,"vnet":1,"node":1,"action":"refresh"}`
	}
	if path == "/api/sys/session" {
		body = `{"login":"{name}2","password":"wrong"}`
	}
	if path == "/api/sys/tokens" {
		body = `{"login":"{name}","password":"wrong"}` // a name of its own for each caller: who fails too often has to wait
	}
	return method, path, body
}

// grantRow gives somebody all rights on one row, and none on any other.
func (s *server) grantRow(user, table, key string) {
	s.t.Helper()
	identity := s.get("/api/v4/users/"+user+"?fields=identity").must(s.t, 200).object(s.t)["identity"]
	row := s.get("/api/v4/"+table+"/"+key+"?fields=$row").must(s.t, 200).object(s.t)["$row"]
	body, err := json.Marshal(map[string]any{
		"identity": identity, "table": table, "row": row, "list": true, "read": true, "create": true, "modify": true, "delete": true,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.send("POST", "/api/v4/permissions", bytes.NewReader(body)).must(s.t, 201)
}

// caller is somebody who sends requests.
type caller struct {
	name string
	put  credential
}

// strangers are those whom no request may show or do anything that matters.
func (s *server) strangers() []caller {
	s.t.Helper()
	s.make("users", `{"name":"bob","password":"bobs password"}`)
	expired := s.post("/api/v4/user_api_keys", `{"name":"old","expires_type":"date","expires":1}`).must(s.t, 201).object(s.t)["key"].(string)
	made := s.post("/api/v4/user_api_keys", `{"name":"revoked"}`).must(s.t, 201).object(s.t)
	s.send("GET", "/api/v4/system", nil, bearer(made["key"].(string))).must(s.t, 200)
	s.send("DELETE", "/api/v4/user_api_keys/"+made["$key"].(string), nil).must(s.t, 200)
	forged, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"iss": "vapor-api", "uid": 1, "username": "admin", "role": "admin", "epoch": 0, "exp": time.Now().Add(time.Hour).Unix(), "iat": time.Now().Unix(),
	}).SignedString([]byte("somebody else's key"))
	if err != nil {
		s.t.Fatal(err)
	}
	return []caller{
		{"nobody", nobody},
		{"malformed", header("Authorization", "Bearer \x80!")},
		{"wrong", header("x-yottabyte-token", strings.Repeat("f", 40))},
		{"forged", bearer(forged)},
		{"expired", bearer(expired)},
		{"revoked", bearer(made["key"].(string))},
		{"bob", basic("bob", "bobs password")},
	}
}

// TestEveryEndpointWithEveryCredential calls everything without a credential, with bad ones, as somebody without rights, as somebody who has
// all rights on the row that is called and none else, and as an administrator. After the strangers the whole database is read again. The
// golden file is the list of answers; testdata/uncovered.txt, the list of what was not called, stays empty.
func TestEveryEndpointWithEveryCredential(t *testing.T) {
	t.Parallel()
	s := start(t)
	keys := s.fill()
	strangers := s.strangers()
	olga := s.make("users", `{"name":"olga","password":"olgas password"}`)
	for _, table := range s.eng.Schema().Names() {
		s.grantRow(olga, table, keys[table])
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
		call := func(callers ...caller) {
			for _, c := range callers {
				r := s.send(method, path, strings.NewReader(strings.Replace(body, "{name}", c.name, 1)), c.put)
				fmt.Fprintf(&out, " %s=%d", c.name, r.status)
				if r.status >= 500 && r.status != http.StatusNotImplemented {
					t.Errorf("%s as %s: %d %s", e, c.name, r.status, r.body)
				}
				if r.status >= 400 && !json.Valid([]byte(r.body)) {
					t.Errorf("%s as %s: no JSON: %s", e, c.name, r.body)
				}
				called[e] = true
			}
		}
		fmt.Fprintf(&out, "%-46s", e)
		before := s.dump()
		call(strangers...)
		if after := s.dump(); after != before {
			t.Errorf("%s: the strangers changed something (-before +after):\n%s", e, cmp.Diff(strings.Split(before, "\n"), strings.Split(after, "\n")))
		}
		call(caller{"owner", basic("olga", "olgas password")}, caller{"admin", admin})
		out.WriteByte('\n')
	}
	golden.Equal(t, "testdata/endpoints.txt", out.String())
	missing := slices.DeleteFunc(s.endpoints(), func(e string) bool { return called[e] })
	golden.Equal(t, "testdata/uncovered.txt", strings.Join(missing, "\n"))
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
		if s.db.Schema.Table(name).Internal || s.db.Schema.Table(name).Open || name == "users" || name == "permissions" {
			continue
		}
		same(t, name, "[]", s.send("GET", "/api/v4/"+name, nil, bob).must(t, 200).body)
		s.send("GET", "/api/v4/"+name+"/"+keys[name], nil, bob).failed(t, 404)
	}
	same(t, "permissions", `[{"table":"users","row":`+bobs+`}]`, s.send("GET", "/api/v4/permissions?fields=table,row", nil, bob).must(t, 200).body)
	s.send("GET", "/api/v4/permissions/"+keys["permissions"], nil, bob).failed(t, 404)
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
