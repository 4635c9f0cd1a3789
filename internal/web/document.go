// Package web holds the pages that people look at: the web UI and the interactive descriptions of the APIs. All is embedded; no page loads
// anything from elsewhere. What the UI is built from lies in ui/.
package web

import (
	"bytes"
	"embed"
	"html/template"
	"io/fs"
	"net/http"
	"strconv"
	"strings"
)

// swagger is Swagger UI (Apache-2.0, see swagger/LICENSE) and the script and style of the page that shows it.
//
//go:embed swagger
var swagger embed.FS

//go:embed pages
var pages embed.FS

var templates = template.Must(template.ParseFS(pages, "pages/*"))

// DocumentPage is an interactive description of an API.
type DocumentPage struct {
	Title string
	// Assets is the path below which Assets are served.
	Assets string
	// Document is the path of the OpenAPI document without its ending: .json or .yaml.
	Document string
	// Dialect is table or resource: how the page logs people in.
	Dialect string
	// Index is the path of a list of documents that the page lets people choose from, once they are in; empty when there is but one, for everybody.
	Index string
}

// ServeHTTP implements http.Handler.
func (p DocumentPage) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Security-Policy", "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'")
	var page bytes.Buffer
	if err := templates.ExecuteTemplate(&page, "document.html", p); err != nil { // our own templates always execute
		panic(err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(page.Len()))
	w.Write(page.Bytes()) // nobody is left to tell when it fails
}

// Assets serves what document pages load, below a path.
func Assets(path string) http.Handler {
	below, err := fs.Sub(swagger, "swagger")
	if err != nil { // the embedded folder has this name
		panic(err)
	}
	files := http.StripPrefix(path, http.FileServerFS(below))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/") {
			http.NotFound(w, r) // no lists of files
			return
		}
		w.Header().Set("Cache-Control", "public, max-age=3600")
		files.ServeHTTP(w, r)
	})
}
