package resource

import (
	"net/http"
	"strings"

	"dewpoint/internal/web"
)

// addDocs serves the interactive page at Prefix, or the document where the client asks for JSON or YAML, and what the page loads below it.
// The document at its own paths is huma's.
func addDocs(s *server) {
	assets := Prefix + "/docs"
	description := web.DocumentPage{Title: "Resource API", Assets: assets, Document: Prefix + "/openapi", Dialect: "resource"}
	page := "GET " + Prefix
	s.Mux.HandleFunc(page, func(w http.ResponseWriter, r *http.Request) {
		for kind, document := range map[string]string{"json": "/openapi.json", "yaml": "/openapi.yaml"} {
			if strings.Contains(r.Header.Get("Accept"), kind) { // a program, which wants the document itself
				r.URL.Path = Prefix + document
				s.Mux.ServeHTTP(w, r)
				return
			}
		}
		description.ServeHTTP(w, r)
	})
	for _, ending := range []string{".json", ".yaml"} { // where the contract publishes the document
		root := "GET /openapi" + ending
		s.Mux.HandleFunc(root, func(w http.ResponseWriter, r *http.Request) {
			r.URL.Path = Prefix + "/openapi" + ending
			s.Mux.ServeHTTP(w, r)
		})
		s.Open(root)
	}
	files := "GET " + assets + "/"
	s.Mux.Handle(files, web.Assets(assets))
	s.Open(
		page, files, "GET "+Prefix+"/openapi.json", "GET "+Prefix+"/openapi.yaml", "GET "+Prefix+"/openapi-3.0.json", "GET "+Prefix+"/openapi-3.0.yaml",
	)
}
