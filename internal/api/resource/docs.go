package resource

import (
	"embed"
	"net/http"
	"strings"
)

// docs holds the page that shows the OpenAPI document: Swagger UI (Apache-2.0, see docs/LICENSE), and the page that loads it.
//
//go:embed docs
var docs embed.FS

// addDocs serves the interactive page at Prefix, or the document where the client asks for JSON or YAML, and what the page loads below it.
// The document at its own paths is huma's.
func addDocs(s *server) {
	files := http.FileServerFS(docs)
	page := "GET " + Prefix
	s.mux.HandleFunc(page, func(w http.ResponseWriter, r *http.Request) {
		for kind, document := range map[string]string{"json": "/openapi.json", "yaml": "/openapi.yaml"} {
			if strings.Contains(r.Header.Get("Accept"), kind) { // a program, which wants the document itself
				r.URL.Path = Prefix + document
				s.mux.ServeHTTP(w, r)
				return
			}
		}
		http.ServeFileFS(w, r, docs, "docs/page.html")
	})
	assets := "GET " + Prefix + "/docs/"
	s.mux.HandleFunc(assets, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=3600")
		http.StripPrefix(Prefix, files).ServeHTTP(w, r)
	})
	for _, pattern := range []string{
		page, assets, "GET " + Prefix + "/openapi.json", "GET " + Prefix + "/openapi.yaml", "GET " + Prefix + "/openapi-3.0.json", "GET " + Prefix + "/openapi-3.0.yaml",
	} {
		s.public[pattern] = true
	}
}
