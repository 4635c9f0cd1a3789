package table_test

import (
	"io"
	"net"
	"net/http"
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
