// Package resource is the resource dialect: /api/v1, compatible with Vapor. Operations are typed and described by huma, one file per
// area; rows are read by one statement and written by one engine transaction per request. errors.go is the only place that maps
// failures to statuses.
package resource

import (
	"context"
	"io"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"dewpoint/internal/api/front"
	"dewpoint/internal/auth"
	"dewpoint/internal/engine"
	"dewpoint/internal/model/access"
	"dewpoint/internal/perm"
)

// Prefix is where the dialect lives.
const Prefix = "/api/v1"

// Auth checks credentials and gives out tokens.
type Auth interface {
	front.Authenticator
	Login(ctx context.Context, a auth.Attempt) (access.User, error)
	IssueJWT(ctx context.Context, u access.User) (token string, expires time.Time, err error)
	Refresh(ctx context.Context, token string) (fresh string, expires time.Time, u access.User, err error)
	// SignOut gives up the login that the actor's request came by; Invalid when it came by none.
	SignOut(ctx context.Context, a perm.Actor) error
}

// Media keeps the bytes of the rows of files. It asks nobody's permission.
type Media interface {
	// Open opens a complete file. The caller closes it.
	Open(ctx context.Context, key int64) (content io.ReadSeekCloser, name string, modified time.Time, err error)
}

// Uploads serves resumable uploads of ISOs below a prefix.
type Uploads interface {
	Handler(prefix string, fail func(http.ResponseWriter, *http.Request, error), shape func(ctx context.Context, uuid string) (any, error)) http.Handler
}

// Config is what the dialect is made of. All but Version and Instance is required.
type Config struct {
	Engine  *engine.Engine
	Auth    Auth
	Media   Media
	Uploads Uploads
	// Version is the program's, as in the reply of /health.
	Version string
	// Instance is the database's mark, from which names of host devices follow.
	Instance string
}

type server struct {
	Config
	api    huma.API
	mux    *http.ServeMux
	public map[string]bool // patterns that need no credential
}

// New returns the handler of /api/v1, everything below it, and /health. It sets huma's package variables for errors and arrays, to the
// same values each time: huma has no other way to have its own failures in our envelope.
func New(c Config) http.Handler {
	s := newServer(c)
	outer := http.NewServeMux()
	outer.Handle("/", s.guarded(s.mux, func(r *http.Request) bool {
		_, pattern := s.mux.Handler(r)
		return s.public[pattern]
	}))
	s.serveUploads(outer)
	return outer
}

// Document returns the dialect's OpenAPI document as JSON, without a server behind it.
func Document(version string) ([]byte, error) {
	return newServer(Config{Version: version}).api.OpenAPI().MarshalJSON()
}

// newServer describes all operations and joins them with their handlers.
func newServer(c Config) *server {
	ourHuma()
	s := &server{Config: c, mux: http.NewServeMux(), public: map[string]bool{}}
	s.api = humago.New(s.mux, configure(c.Version))
	for _, area := range []func(*server){
		addHealth, addAuth, addTokens, addComputes, addComputeActions, addNetworks, addISOs, addUploads, addJobs, addDocs, addNotBuilt,
	} {
		area(s)
	}
	return s
}

// guarded lets requests through that are public or carry a good credential.
func (s *server) guarded(next http.Handler, public func(*http.Request) bool) http.Handler {
	inside := front.Authenticated(s.Auth, s.writeError)(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store") // what may be kept says so itself
		if public(r) {
			next.ServeHTTP(w, r)
			return
		}
		inside.ServeHTTP(w, r)
	})
}

// operation is what is said of an operation beside its types.
type operation struct {
	id, method, path string // path below Prefix
	tag              string
	summary, doc     string
	status           int // of success; 200 when 0
	codes            codes
	public           bool
}

// huma returns huma's description of the operation, to which it adds the reply to a success.
func (s *server) huma(o operation) huma.Operation {
	fails := s.api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[failure](), true, "Failure")
	refused := func(text string) *huma.Response {
		return &huma.Response{Description: text, Content: map[string]*huma.MediaType{"application/json": {Schema: fails}}}
	}
	h := huma.Operation{
		OperationID: o.id, Method: o.method, Path: o.path, Tags: []string{o.tag}, Summary: o.summary, Description: o.doc,
		DefaultStatus: o.status, MaxBodyBytes: front.MaxJSON,
		Responses: map[string]*huma.Response{"4XX": refused("refused, and why"), "5XX": refused("not built, not possible now, or broken")},
	}
	if o.public {
		h.Security = []map[string][]string{{}} // said outright: no credential will do
	} else {
		h.Security = []map[string][]string{{"bearer": {}}, {"basic": {}}, {"query": {}}}
	}
	return h
}

// add registers an operation whose reply is a value in the envelope.
func add[I, T any](s *server, o operation, f func(context.Context, *I) (T, error)) {
	addShaped(s, o, func(ctx context.Context, in *I) (*reply[T], error) {
		data, err := f(ctx, in)
		if err != nil {
			return nil, err
		}
		return &reply[T]{Body: enveloped(data)}, nil
	})
}

// addEmpty registers an operation that is answered with 204 and no body.
func addEmpty[I any](s *server, o operation, f func(context.Context, *I) error) {
	o.status = http.StatusNoContent
	addShaped(s, o, func(ctx context.Context, in *I) (*struct{}, error) { return nil, f(ctx, in) })
}

// addShaped registers an operation that makes its whole reply.
func addShaped[I, O any](s *server, o operation, f func(context.Context, *I) (*O, error)) {
	s.open(o)
	o.path = Prefix + o.path
	huma.Register(s.api, s.huma(o), func(ctx context.Context, in *I) (*O, error) {
		out, err := f(ctx, in)
		if err != nil {
			return nil, s.failure(ctx, err, o.codes)
		}
		return out, nil
	})
}

// addRaw registers an operation that is served by a plain handler: one that moves bytes. Extra is laid over its description.
func addRaw(s *server, o operation, handler http.Handler, extra func(*huma.Operation)) {
	s.open(o)
	s.mux.Handle(o.method+" "+Prefix+o.path, handler)
	s.describe(o, extra)
}

// describe puts an operation that isn't huma's into the document.
func (s *server) describe(o operation, extra func(*huma.Operation)) {
	o.path = Prefix + o.path
	h := s.huma(o)
	extra(&h)
	s.api.OpenAPI().AddOperation(&h)
}

func (s *server) open(o operation) {
	if o.public {
		s.public[o.method+" "+Prefix+o.path] = true
	}
}

// configure returns huma's configuration: lenient in what it takes (unknown members, missing content types), as real clients need it.
func configure(version string) huma.Config {
	c := huma.DefaultConfig("Dewpoint resource API", version)
	c.Info.Description = "The resource dialect of Dewpoint. Replies come in the envelope {status, data, error}, all but one: " + front.HeadersTooLarge + "."
	c.CreateHooks, c.SchemasPath, c.DocsPath, c.OpenAPIPath = nil, "", "", Prefix+"/openapi"
	c.AllowAdditionalPropertiesByDefault, c.FieldsOptionalByDefault = true, true
	c.Formats = map[string]huma.Format{}
	for _, name := range []string{"application/json", "json", "application/x-www-form-urlencoded", "text/plain"} {
		c.Formats[name] = lenientJSON // curl -d sends JSON as a form
	}
	c.Servers = []*huma.Server{{URL: "/"}}
	c.Info.License = &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"}
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"bearer": {Type: "http", Scheme: "bearer", Description: "a JWT of auth/login, or an API token"},
		"basic":  {Type: "http", Scheme: "basic", Description: "name and password, or an API token as the name"},
		"query":  {Type: "apiKey", In: "query", Name: "token", Description: "any token, for links in a browser"},
	}
	return c
}
