// Package resource is the resource dialect: /api/v1, compatible with Vapor. Operations are typed and described by huma, a folder per
// area below this one; rows are read by one statement and written by one engine transaction per request. errors.go is the only place
// that maps failures to statuses.
package resource

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"dewpoint/internal/api/front"
	"dewpoint/internal/api/resource/access"
	"dewpoint/internal/api/resource/compute"
	"dewpoint/internal/api/resource/frame"
	"dewpoint/internal/api/resource/network"
	"dewpoint/internal/api/resource/storage"
	"dewpoint/internal/api/resource/system"
	"dewpoint/internal/api/ws"
	"dewpoint/internal/auth"
	"dewpoint/internal/engine"
)

// Prefix is where the dialect lives.
const Prefix = frame.Prefix

// Paths returns all that the dialect serves, as patterns of a mux: what clients look for outside Prefix too.
func Paths() []string {
	return []string{Prefix, Prefix + "/", "/health", "/openapi.json", "/openapi.yaml", "/ws", "/ws/"}
}

// Auth checks credentials and gives out tokens.
type Auth interface {
	front.Authenticator
	access.Auth
}

// Config is what the dialect is made of. All but OSVariants, Version and Instance is required.
type Config struct {
	Engine   *engine.Engine
	Auth     Auth
	Media    storage.Media
	Uploads  storage.Uploads
	Consoles ws.Consoles
	// OSVariants lists operating systems; nil where nobody knows any.
	OSVariants compute.OSVariants
	// Version is the program's, as in the reply of /health.
	Version string
	// Instance is the database's mark, from which names of host devices follow.
	Instance string
}

// server is what doesn't belong to an area.
type server struct {
	*frame.Server
	version string
}

// New returns the handler of /api/v1, everything below it, and /health. It sets huma's package variables for errors and arrays, to the
// same values each time: huma has no other way to have its own failures in our envelope.
func New(c Config) http.Handler {
	s := newServer(c)
	outer := http.NewServeMux()
	outer.Handle("/", guarded(c.Auth, s.Mux, s.IsOpen))
	for _, t := range s.Trees {
		handler := guarded(c.Auth, t.Handler(), t.Public)
		outer.Handle(t.Path, handler)
		outer.Handle(t.Path+"/", handler)
	}
	return outer
}

// Document returns the dialect's OpenAPI document as JSON, without a server behind it.
func Document(version string) ([]byte, error) { return newServer(Config{Version: version}).Document() }

// newServer describes all operations and joins them with their handlers.
func newServer(c Config) *server {
	ourHuma()
	s := &server{Server: frame.New(c.Engine, configure(c.Version), failures), version: c.Version}
	access.Operations(s.Server, c.Auth)
	compute.Operations(s.Server, c.Instance, c.Consoles, c.OSVariants)
	network.Operations(s.Server, c.Instance)
	storage.Operations(s.Server, c.Media, c.Uploads)
	system.Operations(s.Server)
	for _, add := range []func(*server){addHealth, addDocs, addSockets, addNotBuilt} {
		add(s)
	}
	return s
}

// guarded lets requests through that are public or carry a good credential.
func guarded(a Auth, next http.Handler, public func(*http.Request) bool) http.Handler {
	inside := front.Authenticated(a, writeError)(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store") // what may be kept says so itself
		if public(r) {
			next.ServeHTTP(w, r)
			return
		}
		inside.ServeHTTP(w, r)
	})
}

// configure returns huma's configuration: lenient about content types, as real clients need it. Members that a body does not have are refused, since
// dropping them would be a lie.
func configure(version string) huma.Config {
	c := huma.DefaultConfig("Dewpoint resource API", version)
	c.Info.Description = "The resource dialect of Dewpoint. All replies have the form {status, data, error}, with one exception: " + front.HeadersTooLarge + "."
	c.CreateHooks, c.SchemasPath, c.DocsPath, c.OpenAPIPath = nil, "", "", Prefix+"/openapi"
	c.FieldsOptionalByDefault = true
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
		"cookie": {Type: "apiKey", In: "cookie", Name: auth.CookieName, Description: "the session of a browser, see POST /api/sys/session; from pages of this server alone"},
	}
	return c
}
