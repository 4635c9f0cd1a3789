package frame

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// Wire describes an operation that moves bytes and so has no types.
type Wire struct {
	Params  []Param
	Takes   string // content type of the body, if there is one
	Replies []Reply
}

// Param is a part of the path, or a header of the request.
type Param struct {
	Name, In string // in path or header
	Required bool
}

// Reply is an answer to a success.
type Reply struct {
	Status, Text string
	Type         string // content type of the body, if there is one
	Headers      []string
}

// Handle registers an operation that is served by a plain handler.
func (s *Server) Handle(o Operation, handler http.Handler, w Wire) {
	s.Mux.Handle(o.pattern(), handler)
	s.Describe(o, w)
}

// Describe puts an operation that is served beside the mux into the document.
func (s *Server) Describe(o Operation, w Wire) {
	h := s.register(o)
	for _, p := range w.Params {
		h.Parameters = append(h.Parameters, &huma.Param{Name: p.Name, In: p.In, Required: p.Required, Schema: &huma.Schema{Type: huma.TypeString}})
	}
	if w.Takes != "" {
		h.RequestBody = &huma.RequestBody{Required: true, Content: content(w.Takes)}
	}
	for _, r := range w.Replies {
		response := &huma.Response{Description: r.Text, Headers: map[string]*huma.Param{}}
		for _, name := range r.Headers {
			response.Headers[name] = &huma.Param{Schema: &huma.Schema{Type: huma.TypeString}}
		}
		if r.Type != "" {
			response.Content = content(r.Type)
		}
		h.Responses[r.Status] = response
	}
	s.api.OpenAPI().AddOperation(&h)
}

// content describes a body of a content type: JSON, text, or else bytes.
func content(kind string) map[string]*huma.MediaType {
	body := &huma.Schema{Type: huma.TypeString, Format: "binary"}
	switch kind {
	case "application/json":
		body = &huma.Schema{Type: huma.TypeObject}
	case "text/plain":
		body = &huma.Schema{Type: huma.TypeString}
	}
	return map[string]*huma.MediaType{kind: {Schema: body}}
}
