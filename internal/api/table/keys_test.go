package table_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// TestKeysAreMade makes rows of every kind and reads them back: the server makes the keys, in the form of their kind, and gives none twice.
func TestKeysAreMade(t *testing.T) {
	onEachDatabase(t, func(t *testing.T, s *server) {
		for _, k := range kinds {
			seen := map[string]bool{}
			for i := range 5 {
				name := fmt.Sprintf("r%d", i)
				made := s.post("/api/v4/"+k.table, fmt.Sprintf(`{"name":%q,"$key":"1234","id":%q,"uuid":%q}`, name, kinds[1].nowhere(), kinds[2].nowhere())).must(t, 201).object(t)
				key := made["$key"].(string)
				if !k.form.MatchString(key) || seen[key] || key == k.nowhere() {
					t.Errorf("%s: the key %q", k.table, key)
				}
				seen[key] = true
				number := made["$row"].(json.Number).String()
				same(t, k.table+" location", "/v4/"+k.table+"/"+key+" "+k.table+"/"+key, made["location"].(string)+" "+made["dbpath"].(string))
				same(t, k.table+" number", fmt.Sprint(i+1), number)
				same(t, k.table, fmt.Sprintf(`{"$key":%s,"$row":%s,"name":%q}`, k.json(key), number, name), s.get("/api/v4/"+k.table+"/"+key+"?fields=$key,$row,name").must(t, 200).body)
				if i%2 == 0 {
					s.send("DELETE", "/api/v4/"+k.table+"/"+key, nil).must(t, 200)
					s.get("/api/v4/"+k.table+"/"+key).failed(t, 404)
				}
			}
		}
		hash, id := s.row(kinds[1], "h", ""), s.row(kinds[2], "u", "")
		same(t, "id", fmt.Sprintf(`[{"id":%q}]`, hash), s.list("hashes?fields=id&filter=id eq "+hash))
		same(t, "uuid", fmt.Sprintf(`[{"uuid":%q}]`, id), s.list("uuids?fields=uuid&uuid="+id))
	})
}

// TestKeysRefer lets rows of every kind refer to rows of every kind.
func TestKeysRefer(t *testing.T) {
	onEachDatabase(t, func(t *testing.T, s *server) {
		target, other := map[string]string{}, map[string]string{}
		for _, k := range kinds {
			target[k.table], other[k.table] = s.row(k, "target", `,"size":5`), s.row(k, "other", "")
		}
		for _, from := range kinds {
			var body strings.Builder
			for _, to := range kinds {
				fmt.Fprintf(&body, `,"to_%s":%s,"in_%s":%q`, to.table, to.json(target[to.table]), to.table, target[to.table])
			}
			name := "from-" + from.table
			key := s.row(from, name, body.String())
			for _, to := range kinds {
				what := from.table + " to " + to.table
				ref, there := "to_"+to.table, to.json(target[to.table])
				one := func(fields, want string) {
					t.Helper()
					same(t, what+": "+fields, want, s.get(escaped("/api/v4/"+from.table+"/"+key+"?fields="+fields)).must(t, 200).body)
				}
				one(ref, fmt.Sprintf(`{%q:%s}`, ref, there))
				one(ref+"#name as n,"+ref+"#$key as k,"+ref+"#$display as d,"+ref+"#$row as r", fmt.Sprintf(`{"n":"target","k":%s,"d":"target","r":1}`, there))
				one(ref+"[$key,size]", fmt.Sprintf(`{%q:{"$key":%s,"size":5}}`, ref, there))
				one("in_"+to.table+"#"+from.table+"_in[name] as them", fmt.Sprintf(`{"them":[{"name":%q}]}`, name))
				found := fmt.Sprintf(`[{"$key":%s}]`, from.json(key))
				for _, filter := range []string{
					"filter=" + ref + " eq " + target[to.table], "filter=" + ref + " eq '" + target[to.table] + "'", ref + "=" + target[to.table],
					"filter=" + ref + " in ('" + other[to.table] + "'," + target[to.table] + ")", "filter=" + ref + "#name eq 'target'",
					"filter=" + ref + "#$key eq " + target[to.table] + " and name ne null",
				} {
					same(t, what+": "+filter, found, s.list(from.table+"?fields=$key&"+filter))
				}
				same(t, what+": none", "[]", s.list(from.table+"?fields=$key&filter="+ref+" eq "+other[to.table]))
				same(t, what+": list of rows", fmt.Sprintf(`{"n":1,"%[1]s_in":[%[2]s]}`, from.table, from.json(key)),
					s.get(escaped(fmt.Sprintf("/api/v4/%[2]s/%[3]s?fields=count(%[1]s_in) as n,%[1]s_in", from.table, to.table, target[to.table]))).must(t, 200).body)
				s.changeReference(from, to, key, other[to.table])
			}
		}
	})
}

// changeReference turns a reference to another row and empties it; what leads nowhere is refused and changes nothing.
func (s *server) changeReference(from, to kind, key, other string) {
	s.t.Helper()
	path, ref := "/api/v4/"+from.table+"/"+key, "to_"+to.table
	shows := func(want string) {
		s.t.Helper()
		same(s.t, from.table+" "+ref, fmt.Sprintf(`{%q:%s}`, ref, want), s.get(path+"?fields="+ref).must(s.t, 200).body)
	}
	s.put(path, fmt.Sprintf(`{%q:%q}`, ref, other)).must(s.t, 200)
	shows(to.json(other))
	for _, bad := range append([]string{to.nowhere(), strings.ToUpper(other) + "A"}, to.bad...) {
		if _, err := strconv.ParseFloat(bad, 64); err == nil && bad != to.nowhere() && to.key == schema.NumberKey {
			continue // columns take numbers in many forms
		}
		if err := s.put(path, fmt.Sprintf(`{%q:%q}`, ref, bad)).failed(s.t, 422); !strings.Contains(err, "'"+ref+"'") {
			s.t.Errorf("%s = %s: %s", ref, bad, err)
		}
	}
	shows(to.json(other))
	s.put(path, fmt.Sprintf(`{%q:null}`, ref)).must(s.t, 200)
	shows("null")
	s.put(path, fmt.Sprintf(`{"about":%q}`, "/v4/"+to.table+"/"+other)).must(s.t, 200)
	same(s.t, "about", fmt.Sprintf(`{"about":%q,"n":"other","k":%q,"o":{"$key":%s}}`, "/v4/"+to.table+"/"+other, other, to.json(other)),
		s.get(escaped(path+"?fields=about,about#name as n,about#$key as k,about[$key] as o")).must(s.t, 200).body)
	for _, filter := range []string{"about eq " + to.table + "/" + other, "about eq '/v4/" + to.table + "/" + other + "'", "about#name eq 'other' and about bw '" + to.table + "/'"} {
		same(s.t, filter, fmt.Sprintf(`[{"$key":%s}]`, from.json(key)), s.list(from.table+"?fields=$key&filter="+filter))
	}
	for _, bad := range append([]string{to.nowhere()}, to.bad...) {
		s.put(path, fmt.Sprintf(`{"about":"%s/%s"}`, to.table, bad)).failed(s.t, 422)
	}
	s.put(path, `{"about":""}`).must(s.t, 200)
}

// TestKeysAddress asks for one row of each kind by what is its key, and by what is none.
func TestKeysAddress(t *testing.T) {
	onEachDatabase(t, func(t *testing.T, s *server) {
		for _, k := range kinds {
			var keys []string
			for _, name := range []string{"b", "a", "c"} {
				keys = append(keys, s.row(k, name, ""))
			}
			for _, filter := range []string{"$key eq " + keys[1], "$key eq '" + keys[1] + "'", "$key in (" + keys[1] + ")", "$key in ('" + keys[1] + "',null)"} {
				same(t, k.table+" "+filter, `[{"name":"a"}]`, s.list(k.table+"?fields=name&filter="+filter))
			}
			same(t, k.table+" ne", `[{"name":"a"},{"name":"c"}]`, s.list(k.table+"?fields=name&sort=name&filter=$key ne "+keys[0]))
			s.order(k, keys)
			path := "/api/v4/" + k.table + "/"
			s.put(path+keys[0], `{"size":"7"}`).must(t, 200)
			same(t, k.table, `{"size":7}`, s.get(path+keys[0]+"?fields=size").body)
			before := s.dump()
			for _, bad := range append([]string{k.nowhere(), strings.ToUpper(keys[0]) + "A"}, k.bad...) {
				for _, c := range []struct{ method, path, body string }{
					{"GET", path + bad, ""},
					{"PUT", path + bad, `{"size":1}`},
					{"DELETE", path + bad, ""},
					{"PUT", path + bad + "/jump", `{}`},
				} {
					s.send(c.method, c.path, strings.NewReader(c.body)).failed(t, 404)
				}
				if unescaped := strings.NewReplacer("%7B", "{", "%7D", "}").Replace(bad); !strings.Contains(unescaped, "%") {
					s.post("/api/v4/"+k.table+"_actions", fmt.Sprintf(`{"row":%q,"action":"jump"}`, unescaped)).failed(t, 404)
				}
			}
			same(t, k.table+" after all", before, s.dump())
			s.post("/api/v4/"+k.table+"_actions", fmt.Sprintf(`{"row":%s,"action":"jump"}`, k.json(keys[0]))).failed(t, 501)
			s.put(path+keys[0]+"?action=jump", `{}`).failed(t, 501)
		}
	})
}

// order sorts the rows b, a and c by their keys, and by their numbers.
func (s *server) order(k kind, keys []string) {
	s.t.Helper()
	sorted := slices.Sorted(slices.Values(keys))
	for i := range sorted {
		sorted[i] = fmt.Sprintf(`{"$key":%s}`, k.json(sorted[i]))
	}
	for sort, reversed := range map[string]bool{"": false, "sort=$key": false, "sort=+$key": false, "sort=-$key": true, "sort=size": false, "sort=-size": true} {
		want := slices.Clone(sorted)
		if reversed {
			slices.Reverse(want)
		}
		same(s.t, k.table+" "+sort, "["+strings.Join(want, ",")+"]", s.list(k.table+"?fields=$key&"+sort))
		same(s.t, k.table+" page "+sort, "["+want[1]+"]", s.list(k.table+"?fields=$key&limit=1&offset=1&"+sort))
	}
	same(s.t, k.table+" by number", `[{"name":"b"},{"name":"a"},{"name":"c"}]`, s.list(k.table+"?fields=name&sort=$row"))
}

// TestKeysAndDeletes deletes rows of every kind with rows of every kind around them.
func TestKeysAndDeletes(t *testing.T) {
	onEachDatabase(t, func(t *testing.T, s *server) {
		for _, k := range kinds {
			key := s.row(k, "doomed", "")
			path := "/api/v4/" + k.table + "/" + key
			var stay, gone []string
			for _, from := range kinds {
				name := func(what string) string { return k.table + "-" + what }
				needs := "/api/v4/" + from.table + "/" + s.row(from, name("needs"), fmt.Sprintf(`,"needs_%s":%q`, k.table, key))
				if err := s.send("DELETE", path, nil).failed(t, 409); !strings.Contains(err, "is used by") {
					t.Errorf("%s in use: %s", k.table, err)
				}
				s.send("DELETE", needs, nil).must(t, 200)
				child := s.row(from, name("in"), fmt.Sprintf(`,"in_%s":%q`, k.table, key))
				stay = append(stay, "/api/v4/"+from.table+"/"+s.row(from, name("to"), fmt.Sprintf(`,"to_%s":%q`, k.table, key)))
				gone = append(gone, "/api/v4/"+from.table+"/"+child, "/api/v4/"+from.table+"/"+s.row(from, name("about"), fmt.Sprintf(`,"about":"%s/%s"`, k.table, key)),
					"/api/v4/"+k.table+"/"+s.row(k, name("below-"+from.table), fmt.Sprintf(`,"in_%s":%q`, from.table, child)))
			}
			s.send("DELETE", path, nil).must(t, 200)
			s.send("DELETE", path, nil).failed(t, 404)
			for _, p := range gone {
				s.get(p).failed(t, 404)
			}
			for _, p := range stay {
				same(t, p, fmt.Sprintf(`{"to_%s":null}`, k.table), s.get(p+"?fields=to_"+k.table).must(t, 200).body)
			}
		}
	})
}

// TestKeysOfWhatComesWithARow: a twin has the key of its row, an owned row has one of its own; both go with the row, and a tombstone's key
// stays taken.
func TestKeysOfWhatComesWithARow(t *testing.T) {
	onEachDatabase(t, func(t *testing.T, s *server) {
		for _, k := range []kind{kinds[1], kinds[3]} {
			key, states := s.row(k, "lamp", ""), map[string]string{"hashes": "hash_states", "names": "name_states"}[k.table]
			same(t, states, fmt.Sprintf(`[{"$key":%[1]q,"of":%[1]q,"n":"lamp"}]`, key), s.list(states+"?fields=$key,of,of#name as n"))
			same(t, k.table, fmt.Sprintf(`{"state":%[1]q,"k":%[1]q}`, key), s.get(escaped("/api/v4/"+k.table+"/"+key+"?fields=state,state#$key as k")).must(t, 200).body)
			s.send("DELETE", "/api/v4/"+k.table+"/"+key, nil).must(t, 200)
			s.get("/api/v4/"+states+"/"+key).failed(t, 404)
		}
		key := s.row(kinds[2], "parcel", "")
		row := s.get(escaped("/api/v4/uuids/"+key+"?fields=box,box#name as n,box#owner as o")).must(t, 200).object(t)
		box := row["box"].(string)
		if !kinds[1].form.MatchString(box) || row["n"] != "parcel" || row["o"] != "uuids/"+key {
			t.Errorf("the box of %s: %v", key, row)
		}
		s.put("/api/v4/uuids/"+key, `{"name":"packet"}`).must(t, 200)
		same(t, "box", `{"name":"packet"}`, s.get("/api/v4/boxes/"+box+"?fields=name").must(t, 200).body)
		s.send("DELETE", "/api/v4/uuids/"+key, nil).must(t, 200)
		s.get("/api/v4/boxes/"+box).failed(t, 404)
		same(t, "boxes", "[]", s.list("boxes?filter=$key eq "+box))
		err := s.db.View(context.Background(), func(tx *store.Tx) error {
			r, err := tx.Get("boxes", schema.TextValue(box), store.Tombstones())
			if err == nil && (!r.Deleted || r.Key.Text() != box) {
				t.Errorf("the tombstone is %+v", r)
			}
			return err
		})
		if err != nil {
			t.Error("no tombstone of the box:", err)
		}
		s.row(kinds[2], "packet", "") // its box may be called as the one that is gone
	})
}

// TestKeysAndRights gives somebody rights on one row of each kind.
func TestKeysAndRights(t *testing.T) {
	onEachDatabase(t, func(t *testing.T, s *server) {
		s.make("users", `{"name":"bob","password":"bobs password"}`)
		identity := s.get("/api/v4/users/2?fields=identity").object(t)["identity"]
		bob := basic("bob", "bobs password")
		for _, k := range kinds {
			mine := s.post("/api/v4/"+k.table, `{"name":"mine"}`).must(t, 201).object(t)
			key, other := mine["$key"].(string), s.row(k, "other", "")
			path := "/api/v4/" + k.table + "/" + key
			s.send("GET", path, nil, bob).failed(t, 404)
			s.post("/api/v4/permissions", fmt.Sprintf(`{"identity":%s,"table":%q,"row":%d,"read":true}`, identity, k.table, 999)).failed(t, 422)
			permission := s.make("permissions", fmt.Sprintf(`{"identity":%s,"table":%q,"row":%s,"read":true,"create":true}`, identity, k.table, mine["$row"]))
			same(t, k.table+" permission", `{"rowdisplay":"mine"}`, s.get("/api/v4/permissions/"+permission+"?fields=rowdisplay").must(t, 200).body)
			same(t, k.table, `[{"name":"mine"}]`, s.send("GET", "/api/v4/"+k.table+"?fields=name", nil, bob).must(t, 200).body)
			same(t, k.table, `{"name":"mine"}`, s.send("GET", path+"?fields=name", nil, bob).must(t, 200).body)
			missing := s.send("GET", "/api/v4/"+k.table+"/"+k.nowhere(), nil, bob).failed(t, 404)
			same(t, k.table+" hidden", strings.Replace(missing, k.nowhere(), other, 1), s.send("GET", "/api/v4/"+k.table+"/"+other, nil, bob).failed(t, 404))
			s.send("PUT", path, strings.NewReader(`{"size":1}`), bob).failed(t, 403)
			s.send("DELETE", path, nil, bob).failed(t, 403)
			s.send("POST", "/api/v4/"+k.table, strings.NewReader(`{"name":"more"}`), bob).failed(t, 403)
			same(t, k.table+" can", fmt.Sprintf(
				`[{"object":"%[1]s/%[2]s","list":true,"read":true,"create":true,"modify":false,"delete":false},`+
					`{"object":"/v4/%[1]s/%[3]s","list":false,"read":false,"create":false,"modify":false,"delete":false}]`, k.table, key, other),
				s.send("POST", "/api/sys/can", strings.NewReader(fmt.Sprintf(`{"objects":["%[1]s/%[2]s","/v4/%[1]s/%[3]s"]}`, k.table, key, other)), bob).must(t, 200).body)
			s.put("/api/v4/permissions/"+permission, `{"modify":true,"delete":true}`).must(t, 200)
			s.send("PUT", path, strings.NewReader(`{"size":1}`), bob).must(t, 200)
			s.rightsAround(k, key, other, bob)
			s.send("DELETE", path, nil, bob).must(t, 200)
			s.get("/api/v4/permissions/"+permission).failed(t, 404)
		}
	})
}

// rightsAround: who has all rights on the row key and none on other has those on the rows whose parent or owner it is, may refer to it, and
// doesn't see the other through a path.
func (s *server) rightsAround(k kind, key, other string, bob credential) {
	s.t.Helper()
	for _, below := range kinds {
		if below.after().table != k.table {
			continue
		}
		body := fmt.Sprintf(`{"name":"bobs","in_%s":%q}`, k.table, key)
		child := s.send("POST", "/api/v4/"+below.table, strings.NewReader(body), bob).must(s.t, 201).object(s.t)["$key"].(string)
		path := "/api/v4/" + below.table + "/" + child
		same(s.t, "parent", `{"n":"mine"}`, s.send("GET", escaped(path+"?fields=in_"+k.table+"#name as n"), nil, bob).must(s.t, 200).body)
		s.send("PUT", path, strings.NewReader(fmt.Sprintf(`{"to_%s":%q}`, k.table, other)), bob).failed(s.t, 422)
		s.put(path, fmt.Sprintf(`{"to_%s":%q}`, k.table, other)).must(s.t, 200)
		same(s.t, "path", `{"n":null}`, s.send("GET", escaped(path+"?fields=to_"+k.table+"#name as n"), nil, bob).must(s.t, 200).body)
		s.put(path, fmt.Sprintf(`{"owner":"%s/%s"}`, k.table, other)).must(s.t, 200)
		s.send("GET", path, nil, bob).failed(s.t, 404)
		s.put(path, fmt.Sprintf(`{"in_%s":null,"owner":"%s/%s"}`, k.table, k.table, key)).must(s.t, 200)
		same(s.t, "owner", `[{"name":"bobs"}]`, s.send("GET", "/api/v4/"+below.table+"?fields=name", nil, bob).must(s.t, 200).body)
		s.send("DELETE", path, nil, bob).must(s.t, 200)
	}
}

// TestKeysAndChanges follows a table of each kind and writes to it on conditions, once, and for a try.
func TestKeysAndChanges(t *testing.T) {
	onEachDatabase(t, func(t *testing.T, s *server) {
		for _, k := range kinds {
			table := "/api/v4/" + k.table
			alone := s.follow(table+"?watch=1&fields=name,size", "")
			joined := s.follow(escaped(table+"?watch=1&fields=name,to_"+k.table+"#name as to&filter=size lt 9"), "")
			once := header("Idempotency-Key", "once "+k.table)
			first := s.send("POST", table, strings.NewReader(`{"name":"a"}`), admin, once, admin).must(t, 201)
			again := s.send("POST", table, strings.NewReader(`{"name":"a"}`), admin, once, admin).must(t, 201)
			same(t, k.table+" once", first.body+" true", again.body+" "+again.header.Get("Idempotent-Replayed"))
			key := first.object(t)["$key"].(string)
			shown := k.json(key)
			same(t, "created", fmt.Sprintf(`created {"$key":%s,"name":"a","size":0}`, shown), alone.event())
			same(t, "created", fmt.Sprintf(`created {"$key":%s,"name":"a","to":null}`, shown), joined.event())

			tag := s.get(table+"/"+key).must(t, 200).header.Get("ETag")
			s.send("GET", table+"/"+key, nil, admin, header("If-None-Match", tag), admin).must(t, http.StatusNotModified)
			change := func(status int) {
				t.Helper()
				s.send("PUT", table+"/"+key, strings.NewReader(fmt.Sprintf(`{"size":8,"to_%s":%s}`, k.table, shown)), admin, header("If-Match", tag), admin).must(t, status)
			}
			change(200)
			same(t, "changed", fmt.Sprintf(`changed {"$key":%s,"name":"a","size":8}`, shown), alone.event())
			same(t, "changed", fmt.Sprintf(`changed {"$key":%s,"name":"a","to":"a"}`, shown), joined.event())
			change(412)
			s.try(k, key)

			s.put(table+"/"+key, `{"size":9}`).must(t, 200)
			same(t, "changed", fmt.Sprintf(`changed {"$key":%s,"name":"a","size":9}`, shown), alone.event())
			same(t, "left", fmt.Sprintf(`deleted {"$key":%s}`, shown), joined.event())
			alone.close()
			s.send("DELETE", table+"/"+key, nil).must(t, 200)
			alone = s.follow(table+"?watch=1&fields=name,size", alone.last)
			same(t, "deleted", fmt.Sprintf(`deleted {"$key":%s}`, shown), alone.event())
			alone.close()
			joined.close()
		}
	})
}

// try asks what writes would do.
func (s *server) try(k kind, key string) {
	s.t.Helper()
	table, before := "/api/v4/"+k.table, s.dump()
	effects := func(r reply) []any {
		s.t.Helper()
		var kept []any
		for _, e := range r.must(s.t, 200).object(s.t)["would"].([]any) {
			if e := e.(map[string]any); e["table"] == k.table {
				kept = append(kept, fmt.Sprint(e["verb"], " ", e["key"], " ", e["columns"]))
			}
		}
		return kept
	}
	made := map[schema.KeyKind]string{schema.NumberKey: "created 2 <nil>", schema.NameKey: "created b <nil>"}[k.key]
	if k.key.Random() {
		made = "created <nil> <nil>"
	}
	same(s.t, k.table+" create", fmt.Sprint([]any{made}), fmt.Sprint(effects(s.post(table+"?dry_run=1", `{"name":"b"}`))))
	same(s.t, k.table+" change", fmt.Sprint([]any{"changed " + key + " [size]"}), fmt.Sprint(effects(s.put(table+"/"+key+"?dry_run=1", `{"size":3}`))))
	same(s.t, k.table+" delete", fmt.Sprint([]any{"deleted " + key + " <nil>"}), fmt.Sprint(effects(s.send("DELETE", table+"/"+key+"?dry_run=1", nil))))
	same(s.t, k.table+" tried", before, s.dump())
}

// TestNamedRows makes rows whose keys clients choose.
func TestNamedRows(t *testing.T) {
	onEachDatabase(t, func(t *testing.T, s *server) {
		s.post("/api/v4/names", `{"name":"web"}`).must(t, 201)
		for body, status := range map[string]int{
			`{}`: 422, `{"name":null}`: 422, `{"name":""}`: 422, `{"name":"web"}`: 409, `{"name":"$table"}`: 422, `{"name":"a/b"}`: 422, `{"name":"a b"}`: 422, `{"name":".."}`: 422,
			`{"name":["web"]}`: 422, `{"name":"` + strings.Repeat("x", 129) + `"}`: 422, `{"$key":"other"}`: 422,
		} {
			s.post("/api/v4/names", body).failed(t, status)
		}
		for _, name := range []string{"Web", "10", "web-2.example:1_x", strings.Repeat("x", 128)} {
			key := s.make("names", fmt.Sprintf(`{"name":%q}`, name))
			same(t, "key", name, key)
			same(t, name, fmt.Sprintf(`{"$key":%[1]q,"name":%[1]q}`, name), s.get("/api/v4/names/"+name+"?fields=$key,name").must(t, 200).body)
		}
		same(t, "a number", `{"$key":"7"}`, s.get("/api/v4/names/"+s.make("names", `{"name":7}`)+"?fields=$key").must(t, 200).body)
		for _, body := range []string{`{"name":"Web2"}`, `{"name":""}`, `{"name":null}`, `{"size":1,"name":"WEB"}`} {
			if err := s.put("/api/v4/names/web", body).failed(t, 422); !strings.Contains(err, "'name'") {
				t.Errorf("%s: %s", body, err)
			}
		}
		s.put("/api/v4/names/web", `{"name":"web","size":4}`).must(t, 200)
		same(t, "web", `{"name":"web","size":4}`, s.get("/api/v4/names/web?fields=name,size").must(t, 200).body)
		s.send("DELETE", "/api/v4/names/web", nil).must(t, 200)
		row := s.post("/api/v4/names", `{"name":"web"}`).must(t, 201).object(t)["$row"].(json.Number).String()
		if row == "1" {
			t.Error("the name came back, and its number with it: permissions on the old row would count for the new one")
		}
		s.make("users", `{"name":"bob","password":"bobs password"}`)
		s.send("PUT", "/api/v4/names/web", strings.NewReader(`{"name":"mine"}`), basic("bob", "bobs password")).failed(t, 404)
	})
}

// TestKeysInDocuments reads the declarations of the tables, and holds requests and replies of every kind against the document.
func TestKeysInDocuments(t *testing.T) {
	onEachDatabase(t, func(t *testing.T, s *server) {
		doc := s.document("json")
		if err := doc.Validate(context.Background()); err != nil {
			t.Fatal(err)
		}
		described, c := operations(doc), conform(s, doc)
		for _, k := range kinds {
			d := s.get("/api/v4/"+k.table+"/$table").must(t, 200).object(t)
			keyfield := map[schema.KeyKind]string{schema.NumberKey: "$key", schema.HashKey: "$key", schema.UUIDKey: "uuid", schema.NameKey: "name"}[k.key]
			keytype := map[bool]string{true: "number", false: "string"}[k.key == schema.NumberKey]
			same(t, k.table, fmt.Sprint(keyfield, keytype, k.key), fmt.Sprint(d["keyfield"], d["keytype"], d["keykind"]))
			key := s.row(k, "lamp", fmt.Sprintf(`,"to_%[1]s":%[2]q,"about":"%[1]s/%[2]s"`, k.after().table, s.row(k.after(), k.table, "")))
			c.wholeTable(c.db.Schema.Table(k.table), map[string]string{k.table: key}, described)
			c.call("GET", "/api/v4/"+k.table+"/"+k.nowhere(), "", 404)
			p := described["GET /api/v4/"+k.table+"/{key}"].Parameters.GetByInAndName("path", "key")
			for text, fits := range map[string]bool{key: true, k.nowhere(): true, fmt.Sprint(p.Example): true, strings.ToUpper(key) + "A": k.key == schema.NameKey} {
				if k.key != schema.NumberKey && regexp.MustCompile(p.Schema.Value.Pattern).MatchString(text) != fits {
					t.Errorf("%s: %s is described as %s", k.table, text, p.Schema.Value.Pattern)
				}
			}
			row := doc.Components.Schemas[k.after().table+"_new"].Value.Properties["to_"+k.table].Value
			if k.key.Random() && !regexp.MustCompile(row.Pattern).MatchString(key) || k.key != schema.NumberKey && row.Type.Is("integer") {
				t.Errorf("a reference to %s is described as %+v", k.table, row)
			}
		}
	})
}
