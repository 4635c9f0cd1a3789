package frame

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"dewpoint/internal/api/front"
)

// Operation is what is said of an operation beside its types.
type Operation struct {
	ID, Method, Path string // path below Prefix
	Tag              string
	Summary, Doc     string
	Status           int // of success; 200 when 0
	Codes            Codes
	Public           bool
	Example          string // a body, in JSON, that works as it stands
}

// pattern is the operation's in the mux.
func (o Operation) pattern() string { return o.Method + " " + Prefix + o.Path }

// ByID is the input of operations that take nothing but the id in their path.
type ByID struct {
	ID string `path:"id"`
}

// Add registers an operation whose reply is a value in the envelope.
func Add[I, T any](s *Server, o Operation, f func(context.Context, *I) (T, error)) {
	AddShaped(s, o, func(ctx context.Context, in *I) (*reply[T], error) {
		data, err := f(ctx, in)
		if err != nil {
			return nil, err
		}
		return &reply[T]{Body: Enveloped(data)}, nil
	})
}

// AddEmpty registers an operation that is answered with 204 and no body.
func AddEmpty[I any](s *Server, o Operation, f func(context.Context, *I) error) {
	o.Status = http.StatusNoContent
	AddShaped(s, o, func(ctx context.Context, in *I) (*struct{}, error) { return nil, f(ctx, in) })
}

// AddShaped registers an operation that makes its whole reply.
func AddShaped[I, O any](s *Server, o Operation, f func(context.Context, *I) (*O, error)) {
	huma.Register(s.api, s.register(o), func(ctx context.Context, in *I) (*O, error) {
		out, err := f(ctx, in)
		if err != nil {
			return nil, s.fail.Answer(ctx, err, o.Codes)
		}
		return out, nil
	})
}

// register notes whether the operation needs a credential, and returns huma's description of it, to which huma adds the reply to a success.
func (s *Server) register(o Operation) huma.Operation {
	if o.Public {
		s.Open(o.pattern())
	}
	fails := s.api.OpenAPI().Components.Schemas.Schema(s.fail.Shape, true, "Failure")
	refused := func(text string) *huma.Response {
		return &huma.Response{Description: text, Content: map[string]*huma.MediaType{"application/json": {Schema: fails}}}
	}
	h := huma.Operation{
		OperationID: o.ID, Method: o.Method, Path: Prefix + o.Path, Tags: []string{o.Tag}, Summary: o.Summary, Description: o.Doc,
		DefaultStatus: o.Status, MaxBodyBytes: front.MaxJSON, Metadata: map[string]any{codesKey: o.Codes},
		Responses: map[string]*huma.Response{"4XX": refused("refused, and why"), "5XX": refused("not built, not possible now, or broken")},
	}
	if o.Example != "" {
		h.RequestBody = &huma.RequestBody{Content: map[string]*huma.MediaType{"application/json": {Example: json.RawMessage(o.Example)}}}
	}
	if o.Public {
		h.Security = []map[string][]string{{}} // said outright: no credential will do
	} else {
		h.Security = []map[string][]string{{"bearer": {}}, {"basic": {}}, {"query": {}}, {"cookie": {}}}
	}
	return h
}
