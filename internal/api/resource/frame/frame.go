// Package frame is what operations of the resource dialect are made with: how one is described and registered, the envelope of its
// reply, and the names of its failures. Areas see this package; huma and the statuses of failures they don't see.
package frame

import (
	"context"
	"net/http"
	"reflect"

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
	api    huma.API
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
	s := &Server{Engine: e, Mux: http.NewServeMux(), fail: f, public: map[string]bool{}}
	s.api = humago.New(s.Mux, c)
	return s
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
	_, pattern := s.Mux.Handler(r)
	return s.public[pattern]
}

// Beside serves a tree beside the mux: its paths may look like those of operations.
func (s *Server) Beside(t Tree) { s.Trees = append(s.Trees, t) }

// WriteError answers a request that isn't huma's with an error.
func (s *Server) WriteError(w http.ResponseWriter, r *http.Request, err error) {
	s.fail.Write(w, r, err)
}
