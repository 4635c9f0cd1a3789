// Package frame is what operations of the resource dialect are made with: how one is described and registered, the envelope of its
// reply, and the names of its failures. Areas see this package; huma and the statuses of failures they don't see.
package frame

import (
	"context"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"dewpoint/internal/engine"
)

// Prefix is where the dialect lives.
const Prefix = "/api/v1"

// Failures is how the dialect answers errors.
type Failures struct {
	// Answer returns what is sent for the error of an operation with these codes.
	Answer func(ctx context.Context, err error, c Codes) error
	// Write answers a request that isn't huma's.
	Write func(w http.ResponseWriter, r *http.Request, err error)
	// Shape is the type of an answer.
	Shape reflect.Type
}

// Server is what operations are registered with.
type Server struct {
	Engine *engine.Engine
	Mux    *http.ServeMux
	Trees  []Tree
	config huma.Config
	api    huma.API
	apart  map[string]*http.ServeMux // by the path of their trees
	fail   Failures
	public map[string]bool
}

// Tree is everything below a path, served by a handler of its own.
type Tree struct {
	Path    string
	Public  func(*http.Request) bool // needs no credential
	Handler func() http.Handler      // called when there is a server, which a document alone has not
}

// New returns a server without operations.
func New(e *engine.Engine, c huma.Config, f Failures) *Server {
	s := &Server{Engine: e, Mux: http.NewServeMux(), config: c, fail: f, public: map[string]bool{}, apart: map[string]*http.ServeMux{}}
	s.api = humago.New(s.Mux, c)
	return s
}

// Apart returns a server for the operations at a path and below it, in the same document. They have a mux of their own, since one mux can't tell
// /things/parts/{id} from /things/{id}/parts. What isn't among them is the first server's.
func (s *Server) Apart(path string) *Server {
	mux, c := http.NewServeMux(), s.config
	c.OpenAPIPath = "" // it is served already
	mux.Handle("/", s.Mux)
	s.apart[Prefix+path] = mux
	s.Beside(Tree{Path: Prefix + path, Public: s.IsOpen, Handler: func() http.Handler { return mux }})
	return &Server{Engine: s.Engine, Mux: mux, config: c, api: humago.New(mux, c), fail: s.fail, public: s.public}
}

// Pattern is that of the operation which serves a request.
func (s *Server) Pattern(r *http.Request) string {
	for path, mux := range s.apart {
		if r.URL.Path == path || strings.HasPrefix(r.URL.Path, path+"/") {
			_, pattern := mux.Handler(r)
			return pattern
		}
	}
	_, pattern := s.Mux.Handler(r)
	return pattern
}

// Document returns the OpenAPI document of what is registered, as JSON.
func (s *Server) Document() ([]byte, error) { return s.api.OpenAPI().MarshalJSON() }

// Open has patterns of the mux need no credential.
func (s *Server) Open(patterns ...string) {
	for _, p := range patterns {
		s.public[p] = true
	}
}

// IsOpen reports whether a request needs no credential.
func (s *Server) IsOpen(r *http.Request) bool {
	return s.public[s.Pattern(r)]
}

// Beside serves a tree beside the mux: its paths may look like those of operations.
func (s *Server) Beside(t Tree) { s.Trees = append(s.Trees, t) }

// WriteError answers a request that isn't huma's with an error.
func (s *Server) WriteError(w http.ResponseWriter, r *http.Request, err error) {
	s.fail.Write(w, r, err)
}
