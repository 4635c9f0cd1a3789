package contract

import (
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"dewpoint/test/harness"
)

// rounds is how often each thing is tried, with the servers' parts exchanged each time: what is out of date is so for a millisecond.
const rounds = 30

// pair is two servers on one database: what is written through here is read through there.
type pair struct{ here, there *harness.Client }

// inTurn runs f again and again, each time with the servers exchanged.
func inTurn(t *testing.T, servers []*harness.Server, f func(round int, p pair)) {
	for i := range rounds {
		f(i, pair{tableOf(t, servers[i%2]), tableOf(t, servers[(i+1)%2])})
	}
}

// tableOf is a client whose failures are the subtest's.
func tableOf(t *testing.T, s *harness.Server) *harness.Client {
	c := s.Table()
	c.T = t
	return c
}

// TestServersAnswerAsOne writes through one server and looks through the other at once: there is no moment at which that one knows less. The
// refused logins of "accounts" are more than this address has free, so that nobody new can sign in after them.
func TestServersAnswerAsOne(t *testing.T) {
	t.Parallel()
	_, servers := harness.StartShared(t, 2)
	for _, part := range []struct {
		name string
		test func(*testing.T, []*harness.Server)
	}{
		{"rows", rowsAgree},
		{"tags", tagsAgree},
		{"rights", rightsAgree},
		{"keys", keysAgree},
		{"sessions", sessionsAgree},
		{"settings", settingsAgree},
		{"answers", answersAgree},
		{"answers at once", answersAgreeAtOnce},
		{"accounts", accountsAgree},
	} {
		t.Run(part.name, func(t *testing.T) { part.test(t, servers) })
	}
}

func rowsAgree(t *testing.T, servers []*harness.Server) {
	inTurn(t, servers, func(i int, p pair) {
		name := fmt.Sprint("rows", i)
		key := p.here.Create("clusters", map[string]any{"name": name})
		if got := p.there.Must(200, "GET", "clusters?fields=name&filter="+url.QueryEscape("name eq '"+name+"'"), nil).Rows(); len(got) != 1 {
			t.Errorf("round %d: the list has %v", i, got)
		}
		p.here.Must(200, "PUT", "clusters/"+key, map[string]any{"description": name})
		if got := p.there.Must(200, "GET", "clusters/"+key+"?fields=description", nil).Object()["description"]; got != name {
			t.Errorf("round %d: the row has %v", i, got)
		}
		p.here.Must(200, "DELETE", "clusters/"+key, nil)
		p.there.Must(404, "GET", "clusters/"+key, nil)
	})
}

// tagsAgree has both servers tag an answer, changes it through one, and asks the other whether it is unchanged.
func tagsAgree(t *testing.T, servers []*harness.Server) {
	key := tableOf(t, servers[0]).Create("clusters", map[string]any{"name": "tagged"})
	unchanged := 0
	ask := func(c *harness.Client, path, tag string) *harness.Reply {
		t.Helper()
		r, err := c.DoWith("GET", path, nil, map[string]string{"If-None-Match": tag})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	inTurn(t, servers, func(i int, p pair) {
		for _, path := range []string{"clusters?fields=name,description", "clusters/" + key + "?fields=description"} {
			tag := p.there.Must(200, "GET", path, nil).Header.Get("ETag")
			if ask(p.there, path, tag).Status == 304 {
				unchanged++
			}
			p.here.Must(200, "PUT", "clusters/"+key, map[string]any{"description": fmt.Sprint(path, i)})
			if r := ask(p.there, path, tag); r.Status != 200 {
				t.Errorf("round %d: %s is unchanged after a change: %d", i, path, r.Status)
			}
			r, err := p.there.DoWith("PUT", "clusters/"+key, map[string]any{"description": "lost"}, map[string]string{"If-Match": p.here.Must(200, "GET", "clusters/"+key, nil).Header.Get("ETag")})
			if err != nil || r.Status != 200 {
				t.Errorf("round %d: a tag of the other server's row is good for no change: %v, %s", i, err, r.Body)
			}
		}
	})
	if unchanged < rounds {
		t.Errorf("only %d of %d answers were known to be unchanged", unchanged, 2*rounds)
	}
}

// rightsAgree grants and revokes, to a user and to its group.
func rightsAgree(t *testing.T, servers []*harness.Server) {
	admin := tableOf(t, servers[0])
	user := admin.Create("users", map[string]any{"name": "bob", "password": "bobs long password"})
	identity := admin.Must(200, "GET", "users/"+user+"?fields=identity", nil).Object()["identity"]
	group := admin.Create("groups", map[string]any{"name": "friends"})
	ofGroup := admin.Must(200, "GET", "groups/"+group+"?fields=identity", nil).Object()["identity"]
	admin.Create("permissions", map[string]any{"identity": ofGroup, "table": "vnets", "list": true})
	admin.Create("vnets", map[string]any{"name": "seen"})
	sees := func(c *harness.Client) bool {
		return len(c.With(harness.Basic("bob", "bobs long password")).Must(200, "GET", "vnets?fields=name&name=seen", nil).Rows()) == 1
	}
	inTurn(t, servers, func(i int, p pair) {
		for what, grant := range map[string]func() string{
			"a grant": func() string {
				return "permissions/" + p.here.Create("permissions", map[string]any{"identity": identity, "table": "vnets", "list": true})
			},
			"a membership": func() string {
				return "members/" + p.here.Create("members", map[string]any{"parent_group": group, "member": "users/" + user})
			},
		} {
			if sees(p.there) {
				t.Errorf("round %d: rights before %s", i, what)
			}
			row := grant()
			if !sees(p.there) {
				t.Errorf("round %d: no rights after %s", i, what)
			}
			p.here.Must(200, "DELETE", row, nil)
			if sees(p.there) {
				t.Errorf("round %d: %s was taken away and still counts", i, what)
			}
		}
	})
}

func keysAgree(t *testing.T, servers []*harness.Server) {
	inTurn(t, servers, func(i int, p pair) {
		made := p.here.Must(201, "POST", "user_api_keys", map[string]any{"name": fmt.Sprint("key", i)}).Object()
		holder := p.there.With("Bearer " + made["key"].(string))
		holder.Must(200, "GET", "clusters", nil)
		p.here.Must(200, "DELETE", "user_api_keys/"+made["$key"].(string), nil)
		holder.Must(401, "GET", "clusters", nil)
	})
}

func sessionsAgree(t *testing.T, servers []*harness.Server) {
	inTurn(t, servers, func(_ int, p pair) {
		token := p.here.Must(200, "POST", "../sys/tokens", map[string]any{"login": "admin", "password": harness.AdminPassword}).Object()["$key"].(string)
		holder := p.there.With("Bearer " + token)
		holder.Must(200, "GET", "clusters", nil)
		p.here.Must(200, "DELETE", "../sys/tokens/"+token, nil)
		holder.Must(401, "GET", "clusters", nil)
	})
}

// accountsAgree closes an account that is signed in by password, by session and by JWT, and opens it again.
func accountsAgree(t *testing.T, servers []*harness.Server) {
	user := tableOf(t, servers[0]).Create("users", map[string]any{"name": "carl", "password": "carls long password"})
	login := map[string]any{"username": "carl", "login": "carl", "password": "carls long password"}
	inTurn(t, servers, func(_ int, p pair) {
		jwt := p.here.Must(200, "POST", "../v1/auth/login", login).Data()["token"].(string)
		session := p.here.Must(200, "POST", "../sys/tokens", login).Object()["$key"].(string)
		holders := []*harness.Client{p.there.With("Bearer " + jwt), p.there.With("Bearer " + session)}
		for _, h := range holders {
			h.Must(200, "GET", "vnets", nil)
		}
		p.here.Must(200, "PUT", "users/"+user, map[string]any{"enabled": false})
		for _, h := range holders {
			h.Must(401, "GET", "vnets", nil)
		}
		p.here.Must(200, "PUT", "users/"+user, map[string]any{"enabled": true})
		p.there.With(harness.Basic("carl", "carls long password")).Must(200, "GET", "vnets", nil)
		p.here.Must(200, "PUT", "users/"+user, map[string]any{"enabled": false})
		p.there.With(harness.Basic("carl", "carls long password")).Must(401, "GET", "vnets", nil)
		p.here.Must(200, "PUT", "users/"+user, map[string]any{"enabled": true})
		for range 2 { // or the wrong attempt above adds up to a wait
			p.there.With(harness.Basic("carl", "carls long password")).Must(200, "GET", "vnets", nil)
		}
	})
}

func settingsAgree(t *testing.T, servers []*harness.Server) {
	key := tableOf(t, servers[0]).Must(201, "POST", "user_api_keys", map[string]any{"name": "limited"}).Object()["key"].(string)
	inTurn(t, servers, func(i int, p pair) {
		limit := fmt.Sprint(500 + i)
		p.here.Must(200, "PUT", "settings/rate_limit_per_hour", map[string]any{"value": limit})
		if got := p.there.With("Bearer "+key).Must(200, "GET", "clusters", nil).Header.Get("X-RateLimit-Limit"); got != limit {
			t.Errorf("round %d: the limit is %s, want %s", i, got, limit)
		}
	})
}

// answersAgree repeats requests on the other server.
func answersAgree(t *testing.T, servers []*harness.Server) {
	inTurn(t, servers, func(i int, p pair) {
		headers := map[string]string{"Idempotency-Key": fmt.Sprint("once-", i)}
		body := map[string]any{"name": fmt.Sprint("once", i)}
		first, err1 := p.here.DoWith("POST", "user_api_keys", body, headers)
		again, err2 := p.there.DoWith("POST", "user_api_keys", body, headers)
		if err1 != nil || err2 != nil || first.Status != 201 || string(first.Body) != string(again.Body) || again.Header.Get("Idempotent-Replayed") != "true" {
			t.Errorf("round %d: %v %v\n%s\n%s", i, err1, err2, first.Body, again.Body)
		}
		if other, err := p.there.DoWith("POST", "user_api_keys", map[string]any{"name": "other"}, headers); err != nil || other.Status != 422 {
			t.Errorf("round %d: another request with the key: %v %s", i, err, other.Body)
		}
	})
}

// answersAgreeAtOnce sends the same request to both servers at the same moment.
func answersAgreeAtOnce(t *testing.T, servers []*harness.Server) {
	inTurn(t, servers, func(i int, p pair) {
		var bodies [2]string
		var replayed [2]bool
		var both sync.WaitGroup
		for n, c := range []*harness.Client{p.here, p.there} {
			both.Go(func() {
				r, err := c.DoWith("POST", "clusters", map[string]any{"name": fmt.Sprint("both", i)}, map[string]string{"Idempotency-Key": fmt.Sprint("both-", i)})
				if err != nil || r.Status != 201 {
					t.Errorf("round %d: %v %s", i, err, r.Body)
					return
				}
				bodies[n], replayed[n] = string(r.Body), r.Header.Get("Idempotent-Replayed") == "true"
			})
		}
		both.Wait()
		if bodies[0] != bodies[1] || replayed[0] == replayed[1] {
			t.Errorf("round %d: %v, replayed: %v", i, bodies, replayed)
		}
	})
}

// TestServersStartTogether looks at what three servers have made of an empty database that they came to at the same moment.
func TestServersStartTogether(t *testing.T) {
	t.Parallel()
	db, servers := harness.StartShared(t, 3)
	count := func(c *harness.Client, table string) int {
		t.Helper()
		return len(c.Must(200, "GET", table+"?fields=$key", nil).Rows())
	}
	var lists [3]string
	for i, s := range servers {
		c := s.Table()
		if users, groups, systems := count(c, "users"), count(c, "groups"), count(c, "system"); users != 1 || groups != 1 || systems != 1 {
			t.Errorf("server %d: %d users, %d groups, %d systems", i, users, groups, systems)
		}
		lists[i] = string(c.Must(200, "GET", "system?fields=instance,cloud_name", nil).Body)
		// A token of each server opens all.
		token := s.Resource().Authorization
		for j, other := range servers {
			if r := other.Table().With(token); r.Must(200, "GET", "clusters", nil).Status != 200 {
				t.Errorf("a token of server %d doesn't open server %d", i, j)
			}
		}
	}
	if lists[0] != lists[1] || lists[1] != lists[2] {
		t.Errorf("the servers are of different systems: %v", lists)
	}
	c := servers[0].Table()
	nodes := c.Must(200, "GET", "nodes?fields="+url.QueryEscape("machine#status#status_info as info"), nil).Rows()
	helpers := slices.DeleteFunc(nodes, func(n map[string]any) bool { return n["info"] == "" || n["info"] == nil })
	if n := count(c, "nodes"); n != 3 || len(helpers) != 2 {
		t.Errorf("%d nodes, of which these only answer requests: %v", n, helpers)
	}
	stranger := t.TempDir()
	if err := os.WriteFile(filepath.Join(stranger, "secret"), make([]byte, 32), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(harness.Binary(t), "serve", "--data", stranger, "--listen", "127.0.0.1:0", "--database", db.DSN()).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "secret is not that of the other servers of this database") {
		t.Errorf("one with a secret of its own: %v: %s", err, out)
	}
}
