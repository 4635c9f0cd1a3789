package store_test

import (
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dewpoint/internal/query"
	"dewpoint/internal/query/naive"
	"dewpoint/internal/schema"
	"dewpoint/test/golden"
)

// sampleRows are what the cases ask for: table, deleted or not, key, then columns by name.
var sampleRows = []struct {
	table string
	dead  bool
	key   any
	set   map[string]any
}{
	{"clusters", false, 1, map[string]any{"name": "east", "cost": 1.5, "enabled": 1}},
	{"clusters", false, 2, map[string]any{"name": "west", "cost": 2.0, "enabled": 0}},
	{"nodes", false, 1, map[string]any{"name": "node1", "cluster": 1, "ram": 8 << 30}},
	{"machines", false, 11, map[string]any{"name": "m-web", "type": "vm", "cluster": 1, "owner": "vms/1", "snapshot_profile": 3}},
	{"machines", false, 12, map[string]any{"name": "m-net", "type": "vnet", "cluster": 2}},
	{"machines", true, 13, map[string]any{"name": "m-gone", "type": "vm", "cluster": 1}},
	{"status", false, 11, map[string]any{"machine": 11, "status": "running", "running": 1, "info": `{"os":"linux"}`, "node": 1, "started": 1700000000, "seen": 1700000000000000}},
	{"status", false, 12, map[string]any{"machine": 12, "status": "stopped", "running": 0, "info": "[]"}},
	{"drives", false, 1, map[string]any{"machine": 11, "name": "root", "size": 1610612736, "share": 0.25, "media": "disk"}},
	{"drives", false, 2, map[string]any{"machine": 11, "name": "cd", "size": 1000, "share": 0.5, "media": "cdrom"}},
	{"drives", true, 3, map[string]any{"machine": 11, "name": "gone", "size": 5, "media": "disk"}},
	{"vms", false, 1, map[string]any{"name": "web", "machine": 11, "ram": 1024, "price": 0.5, "enabled": 1, "note": "a\nb\x01\"", "owner": "volumes/" + hashA, "meta": `{"a":[1]}`, "pass": "hidden", "inner": "x"}},
	{"vms", false, 2, map[string]any{"name": "Db", "machine": 12, "ram": 2048, "enabled": 0, "owner": "vms/1", "volume": hashA, "meta": "broken"}},
	{"vms", false, 3, map[string]any{"name": "it's 100%", "machine": 13, "owner": "users/9"}},
	{"vms", true, 4, map[string]any{"name": "deleted", "ram": 1}},
	{"volumes", false, hashA, map[string]any{"name": "va", "service": 1, "owner": "nodes/1", "group": uuidB}},
	{"volumes", false, hashB, map[string]any{"name": "vb", "service": 1}},
	{"settings", false, "cloud_name", map[string]any{"value": "dew", "volume": hashA, "node": 1}},
	{"settings", false, "theme", map[string]any{"value": "dark", "next": "cloud_name", "owner": "groups/" + uuidB}},
	{"groups", false, uuidA, map[string]any{"name": "ga", "setting": "cloud_name", "vm": 1, "owner": "settings/theme"}},
	{"groups", false, uuidB, map[string]any{"name": "gb", "next": uuidA, "setting": "gone", "owner": "volumes/" + hashB}},
	{"groups", true, uuidC, map[string]any{"name": "gc", "next": uuidA, "setting": "cloud_name"}},
	{"group_facts", false, uuidA, map[string]any{"group": uuidA, "share": 0.5}},
}

const (
	hashA = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	hashB = "0000000000000000000000000000000000000001"
	uuidA = "f0000000-0000-4000-8000-00000000000a"
	uuidB = "10000000-0000-4000-8000-00000000000b"
	uuidC = "c0000000-0000-4000-8000-00000000000c"
)

// newSample is a world with the sample rows.
func newSample(t testing.TB, d driver) *world {
	w := newWorld(t, d)
	w.live = map[string][]*schema.Record{}
	rows := map[string]int{}
	for _, row := range sampleRows {
		rows[row.table]++
		table := w.schema.Table(row.table)
		r := schema.NewRecord(table)
		r.Key = valueOf(row.key)
		for name, v := range row.set {
			r.Put(name, valueOf(v))
		}
		insert(func(text string, args ...any) {
			if _, err := w.db.Writer().Exec(w.db.SQL().Bind(text), args...); err != nil {
				t.Fatal(err)
			}
		}, r, rows[row.table], row.dead)
		if !row.dead {
			w.live[row.table] = append(w.live[row.table], r)
		}
	}
	return w
}

func valueOf(v any) schema.Value {
	if n, ok := v.(int); ok {
		return schema.IntValue(int64(n))
	}
	return schema.ValueOf(v)
}

// plan builds a request written as in a URL: vms?fields=name&filter=...; "+" stands for itself.
func (w *world) plan(text string, opt query.Options) (*query.Plan, error) {
	table, params, _ := strings.Cut(text, "?")
	req := query.Request{Equals: map[string]string{}}
	for part := range strings.SplitSeq(params, "&") {
		name, value, _ := strings.Cut(part, "=")
		value, err := url.PathUnescape(value)
		if err != nil {
			return nil, err
		}
		switch name {
		case "fields":
			req.Fields = value
		case "filter":
			req.Filter = value
		case "sort":
			req.Sort = value
		case "limit":
			req.Limit = value
		case "offset":
			req.Offset = value
		case "":
		case "key":
			req.Key = value
		default:
			req.Equals[name] = value
		}
	}
	ast, err := query.Parse(req)
	if err != nil {
		return nil, err
	}
	opt.Now = time.Unix(1700000100, 0)
	return query.Build(w.schema, w.schema.Table(table), ast, opt)
}

// TestRenderAnswers compares the reply of the database, byte for byte, with testdata/answers.golden, which is read like code; the naive
// evaluator has to say the same.
func TestRenderAnswers(t *testing.T) {
	onEach(t, func(t *testing.T, d driver) {
		w := newSample(t, d)
		var got strings.Builder
		for _, c := range cases(t) {
			p, err := w.plan(c, query.Options{})
			if err != nil {
				fmt.Fprintf(&got, "%s\n! %v\n\n", c, err)
				continue
			}
			q, err := w.db.Render(p)
			if err != nil {
				t.Fatal(err)
			}
			rows, err := readJSON(w.db, q)
			if err != nil {
				t.Errorf("%s: %v\n%s", c, err, q.Text)
			}
			if diff := cmp.Diff(tokens(t, naive.Eval(p, w)), tokens(t, rows)); diff != "" {
				t.Errorf("%s: the naive evaluator says otherwise:\n%s", c, diff)
			}
			if len(rows) == 0 {
				rows = []string{"(none)"}
			}
			fmt.Fprintf(&got, "%s\n%s\n\n", c, strings.Join(rows, "\n"))
		}
		golden.Equal(t, "testdata/answers.golden", got.String())
	})
}

// TestRenderSQL keeps the SQL of each shape of query.
func TestRenderSQL(t *testing.T) {
	onEach(t, func(t *testing.T, d driver) {
		w := newSample(t, d)
		var got strings.Builder
		keep := func(c string, opt query.Options, how string) {
			p, err := w.plan(c, opt)
			if err != nil {
				t.Fatalf("%s: %v", c, err)
			}
			q, err := w.db.Render(p)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&got, "%s %s\n%s\n%q\n\n", c, how, q.Text, q.Args)
		}
		for _, guard := range []func(*schema.Table) query.Expr{nil, guards} {
			for _, c := range shapes {
				keep(c, query.Options{Guard: guard}, fmt.Sprintf("guarded=%t", guard != nil))
			}
		}
		for _, c := range counted {
			keep(c, query.Options{Guard: guards, Count: true}, "counted")
		}
		golden.Equal(t, map[string]string{"sqlite": "testdata/render.golden", "postgres": "testdata/render_postgres.golden"}[d.name], got.String())
	})
}

// shapes are one request per shape of SQL.
var shapes = []string{
	"clusters?fields=$key,name,cost,enabled",
	"vms?fields=name,running,machine#status#node#name as node&key=1",
	"vms?fields=name&filter=name ct 'w' and (ram gt 5 or ram eq null)&sort=-name&limit=10&offset=5",
	"vms?fields=name&sort=-$key&limit=1",
	"vms?fields=name,machine[name,drives[name]]&filter=machine#cluster#name eq 'east'",
	"vms?fields=owner#name as n&filter=owner#$display eq 'va'",
	"machines?fields=count(drives) as n,sum(drives#size) as size,collapse(drives[name]) as first",
	"volumes?fields=name",
	"groups?fields=$key,$row as r,setting#volume#name as v,facts[share],inside[name]&filter=setting eq theme&sort=-next",
	"status?fields=display(status) as d,info,datetime(started) as s,status eq 'running' as is",
}

// counted are shapes that count, too.
var counted = []string{
	"clusters?fields=$key,name",
	"vms?fields=name,machine#name as m&filter=name ct 'w'&sort=-machine#cluster#name&limit=10&offset=5",
}

// cases reads the requests of testdata/requests.txt, one a line.
func cases(t *testing.T) []string {
	t.Helper()
	raw, err := os.ReadFile("testdata/requests.txt")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(raw), "\n"), "\n")
}
