package table

import (
	"net/http"
	"strconv"
	"strings"
	"sync"

	"dewpoint/internal/errs"
	"dewpoint/internal/web"
)

// documents are both forms of the OpenAPI document, made at the first request for one.
type documents struct {
	once       sync.Once
	json, yaml []byte
	err        error
}

// docsPath is the interactive page; what it loads lies below.
const docsPath = "/api/v4/docs"

// docsPages serves the page to everybody: it holds nothing, and asks for a login before it reads the document.
func docsPages() http.Handler {
	page := web.DocumentPage{Title: "Table API", Assets: docsPath, Document: "/api/v4/openapi", Login: "/api/sys/tokens"}
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

func isDocument(name string) bool { return name == "openapi.json" || name == "openapi.yaml" }

// document answers with the OpenAPI document. It says of all tables what $table says of one, and to the same people.
func (c *call) document() error {
	if c.method() != http.MethodGet {
		return c.notAllowed(http.MethodGet)
	}
	if !c.actor().Admin {
		return errs.New(errs.Denied, "denied", "only administrators can read the description of all tables")
	}
	c.docs.once.Do(func() {
		doc := Document(c.eng.Schema(), c.info.Version)
		if c.docs.json, c.docs.err = doc.MarshalJSON(); c.docs.err == nil {
			c.docs.yaml, c.docs.err = doc.YAML()
		}
	})
	if c.docs.err != nil {
		return errs.Wrap(c.docs.err, errs.Internal, "bad_document", "the description can't be written")
	}
	body, kind := c.docs.json, "application/json"
	if strings.HasSuffix(c.path[0], ".yaml") {
		body, kind = c.docs.yaml, "application/yaml"
	}
	c.w.Header().Set("Content-Type", kind)
	c.w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	c.w.Write(body) // a client that went away meanwhile is nobody to tell
	return nil
}
