package soak

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"dewpoint/test/harness"
)

// Of the campaign of requests.
const (
	someRequests  = 6_000
	allRequests   = 500_000
	streams       = 2      // side by side, each with servers of its own
	perServer     = 50_000 // then another begins anew
	mostRows      = 15     // that are kept of each kind
	mostFailures  = 20
	streamsAreCut = 100 * time.Millisecond
)

// generator sends one stream of made up requests to one server, one after the other, so that the same seed makes the same requests.
type generator struct {
	*values
	t           testing.TB
	s           *harness.Server
	c           *harness.Client
	operations  []*operation
	deletes     map[string]*operation // by collection
	credentials []string
	failures    map[string]bool
	statuses    map[int]int
}

// TestRequests makes up requests for every operation of both documents. Each reply must be one that the document knows, no error of the
// server, and silent about secrets and the server's inside; the server's log must hold no error in the end.
func TestRequests(t *testing.T) {
	t.Parallel()
	number := seed(t)
	for stream := range streams {
		t.Run(fmt.Sprint("stream ", stream), func(t *testing.T) {
			t.Parallel()
			requests(t, number+uint64(stream)<<32)
		})
	}
}

// requests sends one stream of the campaign.
func requests(t *testing.T, number uint64) {
	var g *generator
	for i := range rounds(t, someRequests/streams, allRequests/streams) {
		if i%perServer == 0 {
			if g != nil {
				g.end()
			}
			g = newGenerator(t, number+uint64(i))
		}
		g.next(i)
		if len(g.failures) >= mostFailures {
			break
		}
	}
	g.end()
}

// newGenerator starts a server without a hypervisor: what is asked of the API here would start and stop guests without end.
func newGenerator(t *testing.T, number uint64) *generator {
	s := harness.Start(t, "--libvirt-socket", filepath.Join(t.TempDir(), "none"), "--log-level", "warn", "--insecure-http")
	g := &generator{
		values: &values{rng: draws(number, 7), keys: map[string][]string{}}, t: t, s: s, c: s.Table(),
		deletes: map[string]*operation{}, failures: map[string]bool{}, statuses: map[int]int{},
	}
	for _, o := range operations(g.c) {
		if o.path == "/api/v1/virtualization/computes/{id}" || o.path == "/api/v4/"+o.collection()+"/{key}" || !strings.Contains(o.path, "/v4/") {
			if o.method == "DELETE" {
				g.deletes[o.collection()] = o
			}
		}
		g.operations = append(g.operations, o)
	}
	g.people()
	return g
}

// people makes the credentials: the administrator's, those of users with some rights and with none, none at all, and nonsense.
func (g *generator) people() {
	g.t.Helper()
	admin := g.s.Resource().Authorization
	g.c.Must(200, "PUT", "settings/rate_limit_per_hour", map[string]any{"value": "0"})
	key := g.c.Must(201, "POST", "user_api_keys", map[string]any{"user": 1, "name": "soak", "expires_type": "never"}).Object()
	private, _ := key["response"].(map[string]any)["private_key"].(string)
	g.credentials = []string{admin, harness.Basic("admin", harness.AdminPassword), "Bearer " + private}
	for _, name := range []string{"some", "nothing"} {
		made := g.c.Must(201, "POST", "users", map[string]any{"name": name, "password": harness.AdminPassword}).Object()
		identity := g.c.Must(200, "GET", fmt.Sprint("users/", made["$key"], "?fields=identity"), nil).Object()["identity"]
		if name == "some" {
			for _, table := range []string{"vms", "vnets", "files"} {
				g.c.Must(201, "POST", "permissions", map[string]any{"identity": identity, "table": table, "list": true, "read": true, "create": true})
			}
		}
		g.credentials = append(g.credentials, harness.Basic(name, harness.AdminPassword))
	}
	g.credentials = append(g.credentials, "", "Bearer nonsense", "Basic %%%")
}

// protects the accounts, keys and settings that the campaign itself works by.
var protected = regexp.MustCompile(`^/api/v4/(users|user_actions|user_api_keys|settings|members|permissions|groups)/|^/api/v4/(user_actions|permissions|members|user_api_keys)$|^/api/v1/auth/(tokens/|logout|refresh)`)

// spared tells whether a request would take away what the campaign works by; it is sent by somebody without rights then.
func spared(r *request) bool { return r.op.method != "GET" && protected.MatchString(r.op.path) }

func (g *generator) next(i int) {
	r := g.cleaning()
	if r == nil {
		r = g.generate(g, g.operations[g.rng.IntN(len(g.operations))])
		if spared(r) {
			r.who = len(g.credentials) - 1 - g.rng.IntN(4)
		}
	}
	reply, took, err := g.send(r)
	switch {
	case err != nil && strings.Contains(err.Error(), "invalid header"):
		return // the client itself refuses to send it
	case err != nil:
		g.report(i, r, &harness.Reply{}, &complaint{"no reply", err.Error()})
		return
	}
	if g.statuses[reply.Status]++; reply.Status == http.StatusUnauthorized && r.who == 0 {
		g.credentials[0] = g.s.Resource().Authorization // it has ended
	}
	g.learn(r, reply)
	if c := g.judge(r, reply, took); c != nil {
		g.report(i, r, reply, c)
	}
}

// cleaning returns a request that deletes the oldest row of a kind of which there are many; nil when there are few.
func (g *generator) cleaning() *request {
	for _, name := range sortedKeys(g.keys) {
		o := g.deletes[name]
		if list := g.keys[name]; len(list) > mostRows && o != nil {
			g.keys[name] = slices.Clone(list[1:])
			return &request{op: o, path: []string{list[0]}, headers: map[string]string{}}
		}
	}
	return nil
}

// keyText finds what a create named its row.
var keyText = regexp.MustCompile(`"(?:\$key|uuid|upload_id|id|name)":"?([A-Za-z0-9-]+)`)

func (g *generator) learn(r *request, reply *harness.Reply) {
	if r.op.method != "POST" || reply.Status != 201 || len(r.path) > 0 {
		return
	}
	if m := keyText.FindSubmatch(reply.Body); m != nil {
		name := r.op.collection()
		g.keys[name] = append(g.keys[name], string(m[1]))
	}
}

func (g *generator) send(r *request) (*harness.Reply, time.Duration, error) {
	ctx, cancel := context.WithTimeout(g.t.Context(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, r.op.method, g.s.URL+r.url(), bytes.NewReader(r.body()))
	if err != nil {
		return nil, 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	if text := g.credentials[r.who]; text != "" {
		req.Header.Set("Authorization", text)
	}
	for name, value := range r.headers {
		req.Header.Set(name, value)
	}
	began := time.Now()
	res, err := g.s.HTTP.Do(req)
	if err != nil {
		return nil, 0, err
	}
	defer res.Body.Close()
	if strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") {
		time.AfterFunc(streamsAreCut, cancel)
	}
	text, _ := io.ReadAll(res.Body) // a stream was cut
	return &harness.Reply{Status: res.StatusCode, Header: res.Header, Body: text}, time.Since(began), nil
}

// report prints the first failure of a kind at an operation, made as small as it goes.
func (g *generator) report(i int, r *request, reply *harness.Reply, c *complaint) {
	about := r.op.String() + ": " + c.kind
	if g.failures[about] {
		return
	}
	g.failures[about] = true
	small := g.shrink(r, c.kind)
	g.t.Errorf("request %d: %v: %s: %s\nstatus %d: %.600s\n%s", i, r.op, c.kind, c.text, reply.Status, reply.Body, g.curl(small))
}

// end holds the server to what it may not have done in all that time.
func (g *generator) end() {
	g.t.Helper()
	g.t.Logf("replies by status: %v", g.statuses)
	if done := g.statuses[http.StatusOK] + g.statuses[http.StatusCreated]; done < g.statuses[http.StatusUnauthorized]/2 {
		g.t.Error("few requests had a credential: the campaign shows little")
	}
	for _, line := range strings.Split(g.s.Log(), "\n") {
		if strings.Contains(line, "libvirt is") { // it has none
			continue
		}
		if strings.Contains(line, "level=ERROR") || strings.Contains(line, "panic") || strings.Contains(line, "goroutine ") {
			g.t.Errorf("the server's log: %.2000s", line)
		}
	}
	if strings.Contains(g.s.Log(), passwordMark) {
		g.t.Error("a password stands in the server's log")
	}
	for _, table := range []string{"vms", "vnets", "files"} {
		for _, row := range g.c.Must(200, "GET", table+"?fields=$key", nil).Rows() {
			path := fmt.Sprint(table, "/", row["$key"])
			if r, err := g.c.Do("DELETE", path, nil); err != nil || r.Status != http.StatusOK && r.Status != http.StatusNotFound { // a snapshot's VM goes with its own
				g.t.Errorf("DELETE %s: %v, %+v", path, err, r)
			}
		}
	}
	instance := g.s.Instance()
	harness.Eventually(g.t, 2*time.Minute, "the host is clean", func() (bool, string) {
		left := g.s.Traces(instance)
		return len(left) == 0, strings.Join(left, ", ")
	})
	g.s.Stop()
}
