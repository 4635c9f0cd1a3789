package table

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"dewpoint/internal/errs"
	"dewpoint/internal/web"
)

const (
	// docsPath is the interactive page; what it loads lies below.
	docsPath = "/api/v4/docs"
	// documentsPath is the list of OpenAPI documents; with an ending it is the one of all there is, and those of single tables lie below.
	documentsPath = "/api/v4/openapi"
	// startName is the name of the document of what belongs to no table: a name that no table can have.
	startName = "$start"
)

// docsPages serves the page to everybody: it holds nothing, and asks for a login before it reads a document.
func docsPages() http.Handler {
	page := web.DocumentPage{Title: "Table API", Assets: docsPath, Document: documentsPath, Dialect: "table", Index: documentsPath}
	assets := web.Assets(docsPath)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == docsPath {
			page.ServeHTTP(w, r)
			return
		}
		assets.ServeHTTP(w, r)
	})
}

func isDocs(path string) bool { return path == docsPath || strings.HasPrefix(path, docsPath+"/") }

// isDocument reports whether a path is one of OpenAPI documents, or their list.
func isDocument(path string) bool {
	return path == documentsPath || strings.HasPrefix(path, documentsPath+".") || strings.HasPrefix(path, documentsPath+"/")
}

// written are the forms of a document.
var written = map[string]struct {
	kind string
	by   func(*huma.OpenAPI) ([]byte, error)
}{
	"json": {"application/json", (*huma.OpenAPI).MarshalJSON},
	"yaml": {"application/yaml", (*huma.OpenAPI).YAML},
}

// documents answers with an OpenAPI document, or their list. They say what $table says, and to the same people. A document is made when it is
// asked for first, which takes some milliseconds for each table.
func (c *call) documents() error {
	name, ending, ok := strings.Cut(strings.TrimPrefix(c.r.URL.Path, documentsPath), ".")
	form, known := written[ending]
	if c.method() != http.MethodGet {
		return c.notAllowed(http.MethodGet)
	}
	if !c.actor().Admin {
		return errs.New(errs.Denied, "denied", "only administrators can read the descriptions of tables")
	}
	if !ok && name == "" {
		send(c.w, c.r, http.StatusOK, c.listDocuments())
		return nil
	}
	doc := c.documentOf(strings.TrimPrefix(name, "/"))
	if doc == nil || !known {
		return c.nowhere()
	}
	made, err := c.docs.get(c.r.URL.Path, func() ([]byte, error) { return form.by(doc()) })
	if err != nil {
		return errs.Wrap(err, errs.Internal, "bad_document", "the description can't be written")
	}
	c.sendDocument(made, form.kind)
	return nil
}

// sendDocument sends a document packed to who takes that. A client that has it already is told so, and one that went away meanwhile is nobody to tell.
func (c *call) sendDocument(d *document, kind string) {
	h := c.w.Header()
	h.Set("Cache-Control", "private, no-cache") // kept by the client, and asked for again with its tag
	h.Set("Vary", "Accept-Encoding")
	if c.unchanged(listTag(d.tag, false)) {
		return
	}
	h.Set("Content-Type", kind)
	if takesPacked(c.r.Header) {
		h.Set("Content-Encoding", "gzip")
		h.Set("Content-Length", strconv.Itoa(len(d.packed)))
		c.w.Write(d.packed)
		return
	}
	h.Set("Content-Length", strconv.Itoa(d.length))
	d.writeTo(c.w)
}

// takesPacked reports whether a client names gzip among what it takes, and doesn't refuse it.
func takesPacked(h http.Header) bool {
	for _, t := range tagsOf(h.Values("Accept-Encoding")) {
		name, weight, _ := strings.Cut(strings.ReplaceAll(t, " ", ""), ";q=")
		if name == "gzip" {
			return strings.Trim(weight, "0.") != "" || weight == ""
		}
	}
	return false
}

// documentOf finds what makes the document of that name, where the empty one is that of all; nil when there is none.
func (c *call) documentOf(name string) func() *huma.OpenAPI {
	s := c.eng.Schema()
	switch name {
	case "":
		return func() *huma.OpenAPI { return Document(s, c.info.Version) }
	case startName:
		return func() *huma.OpenAPI { return StartDocument(s, c.info.Version) }
	}
	if t := s.Table(name); t != nil && !t.Internal {
		return func() *huma.OpenAPI { return TableDocument(s, t, c.info.Version) }
	}
	return nil
}

// documentEntry is a line of the list of documents.
type documentEntry struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	JSON  string `json:"json"`
	YAML  string `json:"yaml"`
}

func (c *call) listDocuments() []documentEntry {
	list := []documentEntry{
		{"", "All there is", documentsPath + ".json", documentsPath + ".yaml"},
		{startName, "What belongs to no table", documentsPath + "/" + startName + ".json", documentsPath + "/" + startName + ".yaml"},
	}
	for _, name := range c.eng.Schema().Names() {
		at := documentsPath + "/" + name
		list = append(list, documentEntry{name, c.eng.Schema().Table(name).Title, at + ".json", at + ".yaml"})
	}
	return list
}
