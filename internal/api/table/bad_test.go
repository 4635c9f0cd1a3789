package table_test

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestBadInput sends what must be refused, and proves that nothing changed.
func TestBadInput(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.make("vms", `{"name":"taken"}`)
	s.make("vnets", `{"name":"lan","network":"10.1.0.0/24"}`)
	deep := strings.Repeat("[", 10000) + strings.Repeat("]", 10000)
	before := s.dump()
	for _, c := range []struct {
		what, method, path, body string
		status                   int
	}{
		{"cut off", "POST", "vms", `{"name":"x"`, 400},
		{"no JSON", "POST", "vms", `name=x`, 400},
		{"an array", "POST", "vms", `[{"name":"x"}]`, 400},
		{"a string", "POST", "vms", `"x"`, 400},
		{"garbage behind it", "POST", "vms", `{"name":"x"} {}`, 400},
		{"deep", "POST", "vms", `{"name":` + deep + `}`, 400},
		{"deep and cut off", "POST", "vms", `{"name":` + deep[:10000], 400},
		{"invalid UTF-8", "POST", "vms", "{\"name\":\"a\xff\"}", 400},
		{"NUL between tokens", "POST", "vms", "{\"name\":\x00\"a\"}", 400},
		{"no body", "POST", "vms", ``, 422},
		{"wrong type", "POST", "vms", `{"name":{"a":1}}`, 422},
		{"wrong type", "POST", "vms", `{"name":"x","ram":[]}`, 422},
		{"not a number", "POST", "vms", `{"name":"x","ram":"much"}`, 422},
		{"out of range", "POST", "vms", `{"name":"x","ram":1e300}`, 422},
		{"negative", "POST", "vms", `{"name":"x","cpu_cores":-1}`, 422},
		{"not in the list", "POST", "vms", `{"name":"x","os_family":"plan9"}`, 422},
		{"neither true nor false", "POST", "vms", `{"name":"x","enabled":"maybe"}`, 422},
		{"taken", "POST", "vms", `{"name":"taken"}`, 409},
		{"no such row", "POST", "machine_drives", `{"machine":99,"disksize":1}`, 422},
		{"too long", "POST", "vms", `{"name":"` + strings.Repeat("x", 129) + `"}`, 422},
		{"over 1 MiB", "POST", "vms", `{"name":"` + strings.Repeat("x", 1<<20) + `"}`, 413},
		{"address outside", "POST", "vnets", `{"name":"n","network":"10.2.0.0/24","ipaddress":"10.3.0.1"}`, 422},
		{"not built", "POST", "files", `{"name":"a","url":"http://example.org/a"}`, 501},
		{"unknown table", "POST", "nonsense", `{}`, 404},
		{"internal table", "POST", "sessions", `{"user":1}`, 404},
		{"internal table", "GET", "sessions", ``, 404},
		{"missing row", "PUT", "vms/99", `{"name":"x"}`, 404},
		{"missing row", "PUT", "vms/99", `{}`, 404},
		{"missing row", "DELETE", "vms/99", ``, 404},
		{"no key", "GET", "vms/abc", ``, 404},
		{"no key", "GET", "vms/0", ``, 404},
		{"no key", "GET", "vms/-1", ``, 404},
		{"no key", "GET", "vms/99999999999999999999", ``, 404},
		{"no key", "DELETE", "vms/1%20or%201=1", ``, 404},
		{"path out", "GET", "vms/..%2f..%2fetc%2fpasswd", ``, 404},
		{"NUL", "GET", "settings/%00", ``, 404},
		{"bad escape", "GET", "settings/%ff", ``, 404},
		{"too deep a path", "GET", "vms/1/2/3", ``, 404},
		{"empty table name", "GET", "/vms", ``, 404},
		{"facts", "POST", "logs", `{"text":"x"}`, 405},
		{"facts", "DELETE", "logs/1", ``, 405},
		{"facts", "PUT", "storage_tiers/1", `{}`, 405},
		{"no creation", "POST", "machines", `{"name":"x"}`, 405},
		{"verb", "PATCH", "vms/1", `{}`, 405},
		{"verb", "DELETE", "vms", ``, 405},
		{"action table read", "GET", "vm_actions", ``, 405},
	} {
		r := s.send(c.method, "/api/v4/"+c.path, strings.NewReader(c.body))
		if r.status != c.status {
			t.Errorf("%s: %s %s %.80s: %d %s, want %d", c.what, c.method, c.path, c.body, r.status, r.body, c.status)
			continue
		}
		r.failed(t, c.status)
		if c.status == http.StatusMethodNotAllowed && r.header.Get("Allow") == "" {
			t.Errorf("%s %s: 405 without Allow", c.method, c.path)
		}
	}
	same(t, "rows", before, s.dump())
	if strings.Contains(s.log.String(), "panic") {
		t.Error("a request panicked:", s.log)
	}
}

// endless is a JSON string that does not end.
type endless struct{ read atomic.Int64 }

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	if e.read.Add(int64(len(p))) == int64(len(p)) {
		copy(p, `{"name":"`)
	}
	return len(p), nil
}

// TestHugeBody streams 100 MiB, with the length told beforehand and without: the answer comes long before the end.
func TestHugeBody(t *testing.T) {
	t.Parallel()
	s := start(t)
	before := s.dump()
	const huge = 100 << 20
	for _, told := range []bool{true, false} {
		source := &endless{}
		r, err := http.NewRequest("POST", s.URL+"/api/v4/vms", io.LimitReader(source, huge))
		if err != nil {
			t.Fatal(err)
		}
		if told {
			r.ContentLength = huge
		}
		admin(r)
		resp, err := s.Client().Do(r)
		if err != nil {
			t.Fatalf("length told: %v: %v", told, err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("length told: %v: status %d", told, resp.StatusCode)
		}
		if source.read.Load() > huge/2 {
			t.Errorf("length told: %v: the server let %d bytes come in", told, source.read.Load())
		}
	}
	same(t, "rows", before, s.dump())
}

// TestSecretsStayOutOfTheLog proves that neither tokens nor passwords reach the log.
func TestSecretsStayOutOfTheLog(t *testing.T) {
	t.Parallel()
	s := start(t)
	token := s.send("POST", "/api/sys/tokens", strings.NewReader(`{"login":"admin","password":"`+adminPassword+`"}`), nobody).must(t, 200).object(t)["$key"].(string)
	s.send("GET", "/api/v4/vms?fields=name&token="+token, nil, nobody).must(t, 200)
	s.post("/api/v4/users", `{"name":"bob","password":"bobs own secret"}`).must(t, 201)
	s.send("DELETE", "/api/sys/tokens/"+token, nil, nobody).must(t, 200)
	for _, secret := range []string{token, adminPassword, "bobs own secret"} {
		if strings.Contains(s.log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
	if !strings.Contains(s.log.String(), "fields=name&token=…") {
		t.Errorf("no access line: %s", s.log)
	}
}

// TestConnectionCut cuts a body off in the middle.
func TestConnectionCut(t *testing.T) {
	t.Parallel()
	s := start(t)
	before := s.dump()
	conn, err := net.DialTimeout("tcp", s.Listener.Addr().String(), time.Second)
	if err != nil {
		t.Fatal(err)
	}
	r, _ := http.NewRequest("POST", "http://x/", nil)
	admin(r)
	io.WriteString(conn, "POST /api/v4/vms HTTP/1.1\r\nHost: x\r\nAuthorization: "+r.Header.Get("Authorization")+"\r\nContent-Length: 100\r\n\r\n{\"name\":\"x\"}")
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(answer), "HTTP/1.1 400 ") {
		t.Errorf("answer to half a body: %q", answer)
	}
	same(t, "rows", before, s.dump())
}

// TestSameNameAtOnce creates a VM of the same name many times at once: one wins, and the others hear why.
func TestSameNameAtOnce(t *testing.T) {
	t.Parallel()
	s := start(t)
	var won, lost atomic.Int32
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			switch r := s.post("/api/v4/vms", `{"name":"one"}`); r.status {
			case http.StatusCreated:
				won.Add(1)
			case http.StatusConflict:
				lost.Add(1)
			default:
				t.Errorf("%d %s", r.status, r.body)
			}
		})
	}
	all.Wait()
	if won.Load() != 1 || lost.Load() != 19 {
		t.Errorf("%d won, %d lost", won.Load(), lost.Load())
	}
	same(t, "rows", `[{"name":"one"}]`, s.get("/api/v4/vms?fields=name").body)
}

// TestRequestsThatAreTooLarge: what asks for too much is refused, by its size and not by what it costs.
func TestRequestsThatAreTooLarge(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.make("vms", `{"name":"a"}`)
	for what, c := range map[string]struct {
		param, value string
		status       int
	}{
		"a filter of 100 KB":       {"filter", "name eq '" + strings.Repeat("x", 100_000) + "'", 422},
		"10,000 conditions":        {"filter", strings.TrimSuffix(strings.Repeat("ram eq 1 or ", 10_000), " or "), 422},
		"2,001 conditions":         {"filter", strings.TrimSuffix(strings.Repeat("ram eq 1 or ", 2_001), " or "), 422},
		"a list of 10,000":         {"filter", "ram in (1" + strings.Repeat(",1", 9_999) + ")", 422},
		"deep nesting":             {"filter", strings.Repeat("(", 10_000) + "ram eq 1" + strings.Repeat(")", 10_000), 400},
		"deep brackets":            {"fields", strings.Repeat("machine[", 100) + "name" + strings.Repeat("]", 100), 400},
		"a path of 100 steps":      {"fields", strings.Repeat("machine#", 100) + "name", 400},
		"10,000 fields":            {"fields", strings.TrimSuffix(strings.Repeat("name,", 10_000), ","), 422},
		"1,000 columns to sort by": {"sort", strings.TrimSuffix(strings.Repeat("name,", 1_000), ","), 422},
		"an offset of 10^9":        {"offset", "1000000000", 422},
		"an offset of 10^30":       {"offset", "1" + strings.Repeat("0", 30), 400},
	} {
		r := s.get("/api/v4/vms?" + c.param + "=" + url.QueryEscape(c.value))
		if r.status != c.status || !strings.Contains(r.body, c.param) || len(r.body) > 1000 {
			t.Errorf("%s: %d %.300s, want %d and the parameter's name", what, r.status, r.body, c.status)
		}
	}
}

// TestHiddenColumnsTellNothing asks for every column that is hidden or secret in every way that could show, count or sort by it. A hidden one is
// answered as one that there isn't, before the database is asked, so that the time taken tells nothing either; a secret one reads as null.
func TestHiddenColumnsTellNothing(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.fill()
	asked := 0
	for _, tb := range s.db.Schema.Tables() {
		for _, f := range tb.Fields {
			if tb.Internal || !f.IsHidden && !f.IsSecret {
				continue
			}
			for _, params := range []string{
				"filter=COLUMN%20ne%20null", "filter=COLUMN%20bw%20'a'%20or%20$key%20gt%200", "filter=$key%20gt%200&sort=COLUMN", "sort=-COLUMN", "COLUMN=a",
				"fields=COLUMN%20eq%20'a'%20as%20x", "fields=upper(COLUMN)%20as%20x", "fields=count(COLUMN)%20as%20x", "fields=$key%20as%20x&filter=COLUMN%20in%20('a')",
			} {
				ask := func(column string) reply {
					return s.get("/api/v4/" + tb.Name + "?" + strings.ReplaceAll(params, "COLUMN", column))
				}
				hidden, missing := ask(f.Name), ask("nonesuch")
				want := strings.ReplaceAll(missing.body, "nonesuch", f.Name)
				alike := hidden.status == missing.status && hidden.body == want
				if !alike && !(f.IsSecret && (hidden.status == 422 || readsNull(t, hidden))) {
					t.Errorf("%s?%s with %s: %d %s, want %d %s", tb.Name, params, f.Name, hidden.status, hidden.body, missing.status, want)
				}
				asked++
			}
			if shown := s.get("/api/v4/"+tb.Name+"?fields=all").must(t, 200).body; strings.Contains(shown, `"`+f.Name+`":`) {
				t.Errorf("the view all of %s shows %s: %s", tb.Name, f.Name, shown)
			}
		}
	}
	if asked < 100 {
		t.Errorf("only %d requests were sent", asked)
	}
}

// readsNull reports whether a list has nothing in the member x: null, or the answer to a comparison with null.
func readsNull(t *testing.T, r reply) bool {
	t.Helper()
	var rows []struct{ X any }
	if err := json.Unmarshal([]byte(r.must(t, 200).body), &rows); err != nil {
		t.Fatal(err)
	}
	return !slices.ContainsFunc(rows, func(row struct{ X any }) bool { return row.X != nil && row.X != false })
}
