// Package table is the table API: /api/v4/<table>, /api/sys/tokens and /version.json. It turns HTTP into calls of the engine and what
// comes back into the wire's words; what a table holds and who may see it is decided elsewhere.
package table

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"dewpoint/internal/api/front"
	"dewpoint/internal/api/ws"
	"dewpoint/internal/auth"
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/access"
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
)

// Auth checks credentials and keeps sessions.
type Auth interface {
	front.Authenticator
	// Login checks what somebody typed; Unauthenticated when it isn't good, or a code is missing, and TooMany after some failures.
	Login(ctx context.Context, a auth.Attempt) (access.User, error)
	// NewSession opens a session of a user whom Login returned and gives its token; Unauthenticated when his tokens have ended since.
	NewSession(ctx context.Context, u access.User, address string) (token string, err error)
	// EndSession closes the session of a token; NotFound when there is none.
	EndSession(ctx context.Context, token string) error
}

// Opener has the bytes of a table's rows. It asks nobody's permission.
type Opener interface {
	// Open opens what is complete. The caller closes it.
	Open(ctx context.Context, key int64) (content io.ReadSeekCloser, name string, modified time.Time, err error)
}

// Files keeps the bytes of the rows of files. It asks nobody's permission.
type Files interface {
	Opener
	// WriteAt writes a chunk of an unfinished file. R has a method Len when the chunk's length is known beforehand.
	WriteAt(ctx context.Context, key, off int64, r io.Reader) error
}

// Version is what /version.json tells. Clients refuse a Version whose first number is below 26.
type Version struct{ Version, Hash string }

type api struct {
	eng      *engine.Engine
	feeds    feeds
	pages    feeds // those of whole pages
	long     turns
	auth     Auth
	files    Files
	bytes    map[string]Opener // by table
	consoles ws.Consoles
	info     Version
	tables   http.Handler
	rights   http.Handler
	whoami   http.Handler
	forms    http.Handler
	page     http.Handler
	docsAt   http.Handler
	docs     *documents
}

// New returns the handler of all paths of the table API. It expects to run inside front.Wrap.
func New(eng *engine.Engine, auth Auth, files Files, backups Opener, consoles ws.Consoles, info Version) http.Handler {
	a := &api{eng: eng, auth: auth, files: files, bytes: map[string]Opener{"files": files, "database_backups": backups}, consoles: consoles, info: info, docs: newDocuments(), docsAt: docsPages(), feeds: feeds{most: mostFeeds}, pages: feeds{most: mostPages}, long: make(turns, mostLong)}
	a.tables = front.Authenticated(auth, fail)(a.handler((*call).tables))
	a.forms = front.Authenticated(auth, fail)(a.handler((*call).forms))
	a.page = front.Authenticated(auth, fail)(a.handler((*call).followPage))
	a.whoami = front.Authenticated(auth, fail)(a.handler((*call).whoIs))
	a.rights = front.Authenticated(auth, fail)(a.handler((*call).can))
	return a
}

// ServeHTTP implements http.Handler.
func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch path := r.URL.Path; {
	case isDocs(path):
		a.docsAt.ServeHTTP(w, r)
	case path == "/api/v4", strings.HasPrefix(path, "/api/v4/"):
		a.tables.ServeHTTP(w, r)
	case path == "/api/sys/can":
		a.rights.ServeHTTP(w, r)
	case path == pagePath:
		a.page.ServeHTTP(w, r)
	case path == sessionPath && (r.Method == http.MethodGet || r.Method == http.MethodHead):
		a.whoami.ServeHTTP(w, r)
	case path == formsPath:
		a.forms.ServeHTTP(w, r)
	case path == "/version.json":
		a.handler((*call).version).ServeHTTP(w, r)
	default:
		a.handler((*call).system).ServeHTTP(w, r)
	}
}

// call is one request.
type call struct {
	*api
	w    http.ResponseWriter
	r    *http.Request
	path []string      // below /api/v4 or /api/sys
	t    *schema.Table // that the path names, once it is known
	key  string        // of the row that the path names
}

// handler runs f on a call and answers its error.
func (a *api) handler(f func(*call) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		c := &call{api: a, w: w, r: r}
		err := c.split()
		if err == nil {
			err = f(c)
		}
		if err != nil {
			fail(w, r, err)
		}
	})
}

// split cuts the path at its slashes before it is unescaped, so that a key may hold one.
func (c *call) split() error {
	parts := strings.Split(strings.Trim(c.r.URL.EscapedPath(), "/"), "/")
	for i, p := range parts {
		text, err := url.PathUnescape(p)
		if err != nil {
			return errs.New(errs.Malformed, "bad_path", "the path can't be read: %s", err.Error())
		}
		parts[i] = text
	}
	above := 2
	if parts[0] == "sys" { // a session's path as a login names it in "location", which leaves /api out
		above = 1
	}
	c.path = parts[min(above, len(parts)):]
	return nil
}

// tables serves everything under /api/v4.
func (c *call) tables() error {
	if len(c.path) == 0 {
		return c.index()
	}
	if isDocument(c.r.URL.Path) {
		return c.documents()
	}
	if c.path[0] == noteTable {
		return c.noteActions()
	}
	s := c.eng.Schema()
	if t := s.ActionTable(c.path[0]); t != nil {
		c.t = t
		return c.actionTable()
	}
	c.t = s.Table(c.path[0])
	if c.t == nil || c.t.Internal {
		return errs.New(errs.NotFound, "no_table", "there is no table '/v4/%s'; GET /api/v4 lists the tables", c.path[0])
	}
	if c.t.Name == consoleTable && len(c.path) <= 2 && ws.Wanted(c.r) {
		return c.openConsole()
	}
	switch len(c.path) {
	case 1:
		return c.wholeTable()
	case 2:
		if c.path[1] == "$table" {
			return c.describe()
		}
		c.key = c.path[1]
		return c.row()
	case 3:
		c.key = c.path[1]
		if c.t.Name == consoleTable && c.path[2] == "screenshot" && c.r.Method == http.MethodGet {
			return c.screenshot()
		}
		if c.t.Explained && c.path[2] == explainPath {
			return c.explain()
		}
		return c.pathAction()
	}
	return c.nowhere()
}

func (c *call) wholeTable() error {
	switch c.method() {
	case http.MethodGet:
		return c.list()
	case http.MethodPost:
		if c.t.Creatable() {
			return c.create()
		}
	}
	if !c.t.Creatable() {
		return c.notAllowed(http.MethodGet)
	}
	return c.notAllowed(http.MethodGet, http.MethodPost)
}

func (c *call) row() error {
	switch c.method() {
	case http.MethodGet:
		return c.get()
	case http.MethodPut:
		if !c.t.ReadOnly || len(builtActions(c.t)) > 0 {
			return c.put()
		}
	case http.MethodDelete:
		if c.t.Creatable() {
			return c.remove()
		}
	}
	switch {
	case c.t.ReadOnly && len(builtActions(c.t)) == 0:
		return c.notAllowed(http.MethodGet)
	case !c.t.Creatable():
		return c.notAllowed(http.MethodGet, http.MethodPut)
	}
	return c.notAllowed(http.MethodGet, http.MethodPut, http.MethodDelete)
}

// method is the request's method; the server leaves the body of a HEAD's reply out by itself.
func (c *call) method() string {
	if c.r.Method == http.MethodHead {
		return http.MethodGet
	}
	return c.r.Method
}

func (c *call) notAllowed(methods ...string) error {
	c.w.Header().Set("Allow", strings.Join(methods, ", "))
	return errs.New(errs.NotAllowed, "not_allowed", "%s is not possible on '%s'; possible: %s", c.r.Method, c.r.URL.Path, errs.Ours(strings.Join(methods, ", ")))
}

func (c *call) nowhere() error {
	return errs.New(errs.NotFound, "no_path", "there is nothing at '%s'", c.r.URL.Path)
}

func (c *call) actor() perm.Actor { return perm.ActorOf(c.r.Context()) }
