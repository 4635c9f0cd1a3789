package table_test

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"

	"dewpoint/test/golden"
)

// document is the OpenAPI document of all there is.
func (s *server) document(ending string) *openapi3.T {
	s.t.Helper()
	return s.documentAt("/api/v4/openapi." + ending)
}

// documentAt is a document as the server gives it, which has to be a valid one.
func (s *server) documentAt(path string) *openapi3.T {
	s.t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData([]byte(s.get(path).must(s.t, http.StatusOK).body))
	if err != nil {
		s.t.Fatalf("%s: %v", path, err)
	}
	if err := doc.Validate(context.Background()); err != nil {
		s.t.Errorf("%s: %v", path, err)
	}
	return doc
}

func TestDocumentIsValid(t *testing.T) {
	t.Parallel()
	s := start(t)
	var titles []string
	for _, ending := range []string{"json", "yaml"} {
		doc := s.document(ending)
		titles = append(titles, fmt.Sprintf("%s %s %d paths %d schemas", doc.OpenAPI, doc.Info.Title, doc.Paths.Len(), len(doc.Components.Schemas)))
	}
	if titles[0] != titles[1] || !strings.HasPrefix(titles[0], "3.1.0 Dewpoint table API") {
		t.Errorf("the JSON is %q, the YAML %q", titles[0], titles[1])
	}
}

func TestDocumentIsForAdministrators(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.make("users", `{"name":"bob","password":"bobs password"}`)
	for _, path := range []string{"/api/v4/openapi", "/api/v4/openapi.json", "/api/v4/openapi.yaml", "/api/v4/openapi/vms.json", "/api/v4/openapi/$start.yaml"} {
		s.send("GET", path, nil, nobody).failed(t, 401)
		s.send("GET", path, nil, basic("bob", "bobs password")).failed(t, 403)
		s.post(path, "{}").failed(t, 405)
	}
}

// TestDocumentsOfTables reads all that the index lists: together they say what the whole says, and each stands for itself.
func TestDocumentsOfTables(t *testing.T) {
	t.Parallel()
	s := start(t)
	var index []struct{ Name, Title, JSON, YAML string }
	if err := json.Unmarshal([]byte(s.get("/api/v4/openapi").must(t, http.StatusOK).body), &index); err != nil {
		t.Fatal(err)
	}
	if tables := s.eng.Schema().Names(); len(index) != len(tables)+2 || index[0].JSON != "/api/v4/openapi.json" {
		t.Fatalf("%d documents are listed for %d tables: %+v", len(index), len(tables), index[:2])
	}
	whole, parts := said(t, s.document("json")), map[string]string{}
	for _, e := range index[1:] {
		doc := s.documentAt(e.JSON)
		maps.Copy(parts, said(t, doc))
		if e.Name == "vms" && !reflect.DeepEqual(said(t, doc), said(t, s.documentAt(e.YAML))) {
			t.Error("the YAML of vms differs from its JSON")
		}
		if !strings.HasPrefix(e.Name, "$") && len(doc.Paths.Map()["/api/v4/"+e.Name].Operations()) == 0 {
			t.Errorf("%s lacks the table %s", e.JSON, e.Name)
		}
	}
	if d := cmp.Diff(whole, parts); d != "" {
		t.Errorf("the whole (-) and its parts (+):\n%s", d)
	}
	for _, path := range []string{"/api/v4/openapi/", "/api/v4/openapi/vms", "/api/v4/openapi/none.json", "/api/v4/openapi/vms.xml", "/api/v4/openapi/a/vms.json", "/api/v4/openapi.txt"} {
		s.get(path).failed(t, http.StatusNotFound)
	}
}

// said is the text of each operation and schema of a document.
func said(t *testing.T, doc *openapi3.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	add := func(name string, v any) {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		all[name] = string(text)
	}
	for e, op := range operations(doc) {
		add(e, op)
	}
	for name, s := range doc.Components.Schemas {
		add(name, s)
	}
	return all
}

// operations lists what the document describes, as method and path.
func operations(doc *openapi3.T) map[string]*openapi3.Operation {
	found := map[string]*openapi3.Operation{}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			found[method+" "+path] = op
		}
	}
	return found
}

// TestDocumentHasEveryEndpoint compares the document with what the server itself says that it serves.
func TestDocumentHasEveryEndpoint(t *testing.T) {
	t.Parallel()
	s := start(t)
	described := operations(s.document("json"))
	var list strings.Builder
	for _, e := range slices.Sorted(maps.Keys(described)) {
		fmt.Fprintf(&list, "%-46s %s\n", e, described[e].OperationID)
	}
	golden.Equal(t, "testdata/openapi.txt", list.String())
	served := map[string]bool{}
	for _, e := range s.endpoints() {
		served[strings.ReplaceAll(e, "/refresh", "/{action}")] = true
	}
	if d := cmp.Diff(slices.Sorted(maps.Keys(served)), slices.Sorted(maps.Keys(described))); d != "" {
		t.Errorf("endpoints (-served +described):\n%s", d)
	}
}

// TestDocumentExamples sends every example of a query parameter.
func TestDocumentExamples(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.fill()
	for e, op := range operations(s.document("json")) {
		method, path, _ := strings.Cut(e, " ")
		if method != http.MethodGet || strings.Contains(path, "{") {
			continue
		}
		for _, p := range op.Parameters {
			examples, _ := p.Value.Schema.Value.Extensions["x-examples"].([]any)
			for _, value := range examples {
				query := url.Values{p.Value.Name: {value.(string)}}.Encode()
				if r := s.get(path + "?" + query); r.status != 200 {
					t.Errorf("%s with %s=%s: status %d, %s", path, p.Value.Name, value, r.status, r.body)
				}
			}
			if strings.Contains("fields filter sort", p.Value.Name) && len(examples) == 0 {
				t.Errorf("%s: %s has no examples", path, p.Value.Name)
			}
		}
	}
}

// TestDocumentPage asks for the page and all that it loads.
func TestDocumentPage(t *testing.T) {
	t.Parallel()
	s := start(t)
	page := s.send("GET", "/api/v4/docs", nil, nobody).must(t, 200)
	loads := regexp.MustCompile(`(?:src|rel="stylesheet" href)="(/[^"]+)"`).FindAllStringSubmatch(page.body, -1)
	if len(loads) == 0 || !strings.HasPrefix(page.header.Get("Content-Type"), "text/html") {
		t.Fatalf("%s loads %v", page.header.Get("Content-Type"), loads)
	}
	for _, m := range loads {
		s.send("GET", m[1], nil, nobody).must(t, 200)
	}
}

// with adds a header to a credential.
func with(c credential, name, value string) credential {
	return func(r *http.Request) {
		c(r)
		r.Header.Set(name, value)
	}
}

// TestDocumentsAreMadeOnce asks again with the tag of what there is, and packed and unpacked.
func TestDocumentsAreMadeOnce(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, path := range []string{"/api/v4/openapi.json", "/api/v4/openapi/vms.yaml"} {
		first := s.get(path).must(t, http.StatusOK)
		tag := first.header.Get("ETag")
		if again := s.get(path).must(t, http.StatusOK); tag == "" || again.header.Get("ETag") != tag || again.body != first.body {
			t.Errorf("%s: tag %q, then %q", path, tag, again.header.Get("ETag"))
		}
		if r := s.send("GET", path, nil, with(admin, "If-None-Match", tag)).must(t, http.StatusNotModified); r.body != "" {
			t.Errorf("%s: 304 with %d bytes", path, len(r.body))
		}
		s.send("GET", path, nil, with(nobody, "If-None-Match", tag)).failed(t, http.StatusUnauthorized)
		packed := s.send("GET", path, nil, with(admin, "Accept-Encoding", "br, gzip")).must(t, http.StatusOK)
		unpacked, err := gzip.NewReader(strings.NewReader(packed.body))
		if err != nil || packed.header.Get("Content-Encoding") != "gzip" {
			t.Fatalf("%s: %v, %v", path, packed.header, err)
		}
		if text, err := io.ReadAll(unpacked); err != nil || string(text) != first.body {
			t.Errorf("%s: packed it is another text, %v", path, err)
		}
		for _, refused := range []string{"gzip;q=0", "gzip;q=0.0", "br", "identity"} {
			if r := s.send("GET", path, nil, with(admin, "Accept-Encoding", refused)); r.body != first.body {
				t.Errorf("%s: packed for who takes %s", path, refused)
			}
		}
	}
}
