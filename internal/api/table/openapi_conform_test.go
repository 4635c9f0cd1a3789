package table_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	"dewpoint/internal/model/compute"
	"dewpoint/internal/model/system"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// conformer sends requests and holds them and their replies against the document.
type conformer struct {
	*server
	router routers.Router
	// met are the operations that were called.
	met map[string]bool
}

func conform(s *server, doc *openapi3.T) *conformer {
	s.t.Helper()
	doc.Servers = nil
	router, err := legacy.NewRouter(doc)
	if err != nil {
		s.t.Fatal(err)
	}
	return &conformer{s, router, map[string]bool{}}
}

// anyStatus leaves it to the document which status is good.
const anyStatus = 0

// call sends a JSON body; the request must be good by the document if it succeeds.
func (c *conformer) call(method, path, body string, status int) reply {
	c.t.Helper()
	return c.callWith(header("Content-Type", "application/json"), method, path, body, status)
}

// callWith sends a request with a header of its own.
func (c *conformer) callWith(extra credential, method, path, body string, status int) reply {
	c.t.Helper()
	with := func(r *http.Request) {
		admin(r)
		r.Header.Set("Content-Type", "application/json")
		extra(r)
	}
	got := c.send(method, path, strings.NewReader(body), with)
	if got.status != status && status != anyStatus {
		c.t.Errorf("%s %s %s: status %d, want %d: %s", method, path, body, got.status, status, got.body)
	}
	r, err := http.NewRequest(method, c.URL+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	with(r)
	route, params, err := c.router.FindRoute(r)
	if err != nil {
		c.t.Errorf("%s %s: %v", method, path, err)
		return got
	}
	c.met[method+" "+route.Path] = true
	in := &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route, Options: &openapi3filter.Options{
		AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true, ExcludeReadOnlyValidations: true,
	}}
	if err := openapi3filter.ValidateRequest(c.t.Context(), in); err != nil && got.status < 400 {
		c.t.Errorf("%s %s: the request: %v", method, path, err)
	}
	out := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: got.status, Header: got.header, Body: io.NopCloser(bytes.NewReader([]byte(got.body))), Options: in.Options,
	}
	if err := openapi3filter.ValidateResponse(c.t.Context(), out); err != nil {
		c.t.Errorf("%s %s: the reply %.300s: %v", method, path, got.body, err)
	}
	return got
}

// bodyOf is the example that an operation's JSON body has.
func bodyOf(t testing.TB, op *openapi3.Operation) string {
	t.Helper()
	body, err := json.Marshal(op.RequestBody.Value.Content.Get("application/json").Example)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// settle has all machines off, all disks made and all snapshots taken, as controllers would report it: what a guest may have can't be deleted.
func (s *server) settle() {
	s.t.Helper()
	if err := s.db.Update(s.t.Context(), func(tx *store.Tx) error {
		asked, err := store.FindRows[compute.MachineStatus](tx, store.Is(compute.MachineStatusCol.Powerstate, true))
		for _, m := range asked {
			err = errors.Join(err, store.Write(tx, m.Key, compute.MachineStatusSet{}.Powerstate(false)))
		}
		work, findErr := store.FindRows[system.Operation](tx)
		err = errors.Join(err, findErr)
		for _, o := range work {
			if o.Kind != "vm_snapshot" || o.Ended != 0 {
				continue
			}
			err = errors.Join(err, store.Write(tx, o.Key, system.OperationSet{}.Ended(1).Status("complete")))
		}
		drives, findErr := store.FindRows[compute.MachineDriveStatus](tx, store.Is(compute.MachineDriveStatusCol.Ready, false))
		err = errors.Join(err, findErr)
		for _, d := range drives {
			err = errors.Join(err, store.Write(tx, d.Key, compute.MachineDriveStatusSet{}.Ready(true).Status("offline")))
		}
		return err
	}); err != nil {
		s.t.Fatal(err)
	}
}

// TestServerConforms calls every operation of the document, with the bodies that the document gives as examples, and holds what is sent and
// what comes back against it.
func TestServerConforms(t *testing.T) {
	t.Parallel()
	s := start(t)
	doc := s.document("json")
	described := operations(doc)
	keys := s.fill()
	for _, tb := range s.db.Schema.Tables() {
		if create := described["POST /api/v4/"+tb.Name]; create != nil {
			s.repair(tb, strings.ReplaceAll(bodyOf(t, create), "example", "first"))
		}
	}
	c := conform(s, doc)
	fact := func(tb *schema.Table) bool { return !tb.Creatable() }
	for _, tb := range first(fact, s.db.Schema.Tables()) { // before the rows go that they are about
		if !tb.Internal {
			s.settle()
			c.wholeTable(tb, keys, described)
		}
	}
	c.system()
	c.bytesOf()
	for e := range described {
		if !c.met[e] {
			t.Errorf("%s was not called", e)
		}
	}
}

// first puts those of a list in front that are so, and leaves the order else.
func first[T any](so func(T) bool, list []T) (sorted []T) {
	for _, wanted := range []bool{true, false} {
		for _, x := range list {
			if so(x) == wanted {
				sorted = append(sorted, x)
			}
		}
	}
	return sorted
}

// repair completes the rows that fill made behind the engine's back, which lack what every row of the table has; what can't be completed,
// since it is fixed at the create, is deleted.
func (s *server) repair(tb *schema.Table, body string) {
	s.t.Helper()
	for _, f := range first(func(f *schema.Field) bool { return f.IsCreateOnly }, tb.Fields) {
		if !f.IsRequired || f.IsSecret {
			continue
		}
		var broken []struct {
			Key json.RawMessage `json:"$key"` // a number, or a text
		}
		path := "/api/v4/" + tb.Name
		list := s.get(path+"?fields=$key&filter="+f.Name+"%20eq%20null").must(s.t, 200)
		if err := json.Unmarshal([]byte(list.body), &broken); err != nil {
			s.t.Fatal(err)
		}
		for _, row := range broken {
			method := "PUT"
			if f.IsCreateOnly {
				method = "DELETE"
			}
			s.send(method, path+"/"+strings.Trim(string(row.Key), `"`), strings.NewReader(body)).must(s.t, 200)
		}
	}
}

// wholeTable makes, lists, reads, changes and deletes; a row that can't be made is there already.
// keys are those of a row of each table.
func (c *conformer) wholeTable(tb *schema.Table, keys map[string]string, described map[string]*openapi3.Operation) {
	c.t.Helper()
	key, path := keys[tb.Name], "/api/v4/"+tb.Name
	create := described["POST "+path]
	if create != nil {
		body := c.addressed(tb, bodyOf(c.t, create), keys)
		if tb.Name == "vm_imports" {
			body = `{"name":"example","dry_run":true,"file":` + c.appliance() + `}` // that of the example isn't uploaded
		}
		made, built := c.create(path, key, body)
		if !built {
			create = nil
		} else if made != "" {
			key = made
		}
		c.call("POST", path, `[]`, 400)
	}
	c.call("GET", path, "", 200)
	c.call("GET", path+"?fields=all&sort=-$key&limit=2&offset=0", "", 200)
	c.call("GET", path+"?fields=summary&filter=$key%20ne%20null", "", 200)
	c.call("GET", path+"?fields=upper(nonsense)", "", 422)
	c.call("GET", path+"?filter=(", "", 400)
	c.call("GET", path+"/$table", "", 200)
	c.call("GET", path+"/"+key, "", 200)
	c.call("GET", path+"/"+key+"?fields=all", "", 200)
	tag := c.call("GET", path, "", 200).header.Get("ETag")
	c.callWith(header("If-None-Match", tag), "GET", path, "", 304)
	if change := described["PUT "+path+"/{key}"]; change != nil && !tb.ReadOnly {
		c.call("PUT", path+"/"+key, `{}`, 200)
		c.call("PUT", path+"/"+key, bodyOf(c.t, change), 200)
		c.callWith(header("If-Match", `"stale"`), "PUT", path+"/"+key, bodyOf(c.t, change), 412)
	}
	if post := described["POST /api/v4/"+tb.ActionTable]; post != nil {
		c.actions(tb, key, post)
	}
	if described["DELETE "+path+"/{key}"] != nil {
		c.settle()
		c.call("DELETE", path+"/"+key, "", 200)
		c.call("GET", path+"/"+key, "", 404)
	}
}

// addressed has the example of a body lead to rows that are there, where their keys are drawn and the document can't know them.
func (c *conformer) addressed(tb *schema.Table, body string, keys map[string]string) string {
	c.t.Helper()
	for _, f := range tb.Fields {
		to := c.db.Schema.Table(f.Ref)
		if !f.IsRow() || to == nil || !to.Key.Random() {
			continue
		}
		var members map[string]any
		if err := json.Unmarshal([]byte(body), &members); err != nil {
			c.t.Fatal(err)
		}
		example, given := members[f.Name].(string)
		if _, ok := to.ReadKey(example); given && !ok {
			c.t.Errorf("%s.%s has the example %q, which is no key of %s", tb.Name, f.Name, example, to.Name)
		}
		if given {
			body = strings.Replace(body, `"`+example+`"`, `"`+keys[to.Name]+`"`, 1)
		}
	}
	return body
}

// create tries a create and does it, and returns the new row's key. A row of which there can't be two takes the place of the one with the
// given key; built is false for what the server says it can't make yet.
func (c *conformer) create(path, key, body string) (made string, built bool) {
	c.t.Helper()
	tried := c.call("POST", path+"?dry_run=1", body, anyStatus)
	switch tried.status {
	case 501:
		return "", false
	case 409:
		c.call("DELETE", path+"/"+key, "", 200)
		fallthrough
	case 200:
		made, _ = c.call("POST", path, body, 201).object(c.t)["$key"].(string)
		return made, true
	}
	c.t.Errorf("POST %s with dry_run: status %d: %s", path, tried.status, tried.body)
	return "", true
}

// actions does every action that the document has an example of, in all styles. One that the row isn't ready for may be refused, in a way
// that the document knows.
func (c *conformer) actions(tb *schema.Table, key string, op *openapi3.Operation) {
	c.t.Helper()
	done := 0
	for action, example := range op.RequestBody.Value.Content.Get("application/json").Examples {
		if action == "delete" {
			done = 5 // the row would be gone; system does it
			continue
		}
		if action == "adopt" {
			done = 5 // no domain is behind the row, and so it is refused
		}
		body, ok := example.Value.Value.(map[string]any)
		if !ok {
			c.t.Fatalf("the example of %s is %v", action, example.Value.Value)
		}
		body[tb.ActionRef] = json.RawMessage(key)
		text, err := json.Marshal(body)
		if err != nil {
			c.t.Fatal(err)
		}
		for _, try := range []struct{ method, path, body string }{
			{"POST", tb.ActionTable, string(text)},
			{"POST", tb.ActionTable + "/" + action, string(text)},
			{"POST", tb.Name + "/" + key + "/" + action, `{}`},
			{"PUT", tb.Name + "/" + key + "/" + action, `{}`},
			{"PUT", tb.Name + "/" + key + "?action=" + action, `{}`},
		} {
			if got := c.call(try.method, "/api/v4/"+try.path, try.body, anyStatus); got.status < 300 {
				done++
			}
		}
	}
	if done < 5 {
		c.t.Errorf("only %d actions of %s succeeded", done, tb.Name)
	}
	c.call("POST", "/api/v4/"+tb.ActionTable, `{"action":"nonsense"}`, 422)
	c.call("GET", "/api/v4/"+tb.ActionTable+"/$table", "", 200)
}

func (c *conformer) system() {
	c.t.Helper()
	c.call("GET", "/version.json", "", 200)
	c.call("GET", "/api/v4", "", 200)
	c.call("GET", "/api/v4/openapi.json", "", 200)
	c.call("GET", "/api/v4/openapi.yaml", "", 200)
	c.call("POST", "/api/sys/tokens", `{"login":"admin","password":"wrong"}`, 401)
	token := c.call("POST", "/api/sys/tokens", `{"login":"admin","password":"`+adminPassword+`"}`, 200).object(c.t)["$key"].(string)
	c.call("DELETE", "/api/sys/tokens/"+token, "", 200)
	c.call("DELETE", "/api/sys/tokens/"+token, "", 404)
	c.callWith(own(""), "POST", "/api/sys/session", `{"login":"admin","password":"`+adminPassword+`"}`, 200)
	c.callWith(nobody, "POST", "/api/sys/session", `{"login":"admin","password":"`+adminPassword+`"}`, 403)
	c.callWith(own(""), "DELETE", "/api/sys/session", "", 200)
	c.call("GET", "/api/sys/session", "", 200)
	c.call("POST", "/api/sys/can", `{"objects":["vms/1","vnets"]}`, 200)
	c.call("POST", "/api/sys/can", `{"objects":"vms/1"}`, 422)
	c.call("POST", "/api/sys/can", `[`, 400)
	c.call("GET", "/api/sys/forms", "", 200)
	c.call("GET", "/api/v4/vms/1/explain", "", 200)
	c.call("POST", "/api/v4/note_actions", `{"owner":"vms/1","action":"update","params":{"text":"mine"}}`, 201)
	for _, try := range [][2]string{
		{"POST", "snapshot_profile_actions"},
		{"POST", "snapshot_profile_actions/delete"},
		{"POST", "snapshot_profiles/KEY/delete"},
		{"PUT", "snapshot_profiles/KEY/delete"},
		{"PUT", "snapshot_profiles/KEY?action=delete"},
	} {
		key := c.make("snapshot_profiles", `{"name":"to go"}`)
		body := `{"snapshot_profile":` + key + `,"action":"delete"}`
		if strings.Contains(try[1], "KEY") {
			body = `{}`
		}
		if got := c.call(try[0], "/api/v4/"+strings.Replace(try[1], "KEY", key, 1), body, anyStatus); got.status >= 300 {
			c.t.Errorf("%v: status %d: %s", try, got.status, got.body)
		}
		c.call("GET", "/api/v4/snapshot_profiles/"+key, "", 404)
	}
	c.call("GET", "/api/v4/openapi", "", 200)
	c.call("GET", "/api/v4/openapi/vms.json", "", 200)
}

// bytesOf sends a file's bytes and reads them again.
func (c *conformer) bytesOf() {
	c.t.Helper()
	key := c.make("files", `{"name":"hello.txt","allocated_bytes":5}`)
	c.callWith(header("Content-Type", "application/octet-stream"), "PUT", "/api/v4/files/"+key+"?filepos=0", "hello", 200)
	if got := c.call("GET", "/api/v4/files/"+key+"?download=1&asname=h", "", 200); got.body != "hello" {
		c.t.Errorf("the file holds %q", got.body)
	}
}
