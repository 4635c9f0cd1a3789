package front_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"dewpoint/internal/api/front"
	"dewpoint/internal/errs"
	"dewpoint/internal/perm"
	"dewpoint/test/locked"
)

// serve runs h inside the front on a real connection.
func serve(t *testing.T, h http.HandlerFunc) (url string, log *locked.Buffer) {
	t.Helper()
	log = &locked.Buffer{}
	server := httptest.NewUnstartedServer(front.Wrap(h, front.Edge{}, slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))))
	server.Config.ErrorLog = slog.NewLogLogger(slog.NewTextHandler(io.Discard, nil), slog.LevelError)
	server.Start()
	t.Cleanup(server.Close)
	return server.URL, log
}

func TestRequestID(t *testing.T) {
	t.Parallel()
	url, log := serve(t, func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, front.Of(r.Context()).ID+" "+front.Of(r.Context()).Address)
	})
	for given, kept := range map[string]bool{"abc-1.2_3": true, "": false, "a b": false, "a=b": false, strings.Repeat("x", 65): false} {
		r, err := http.NewRequest("GET", url, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Request-Id", given)
		r.Header.Set("X-Forwarded-For", "192.0.2.7")
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		id := resp.Header.Get("X-Request-Id")
		if (id == given) != kept || id == "" || string(body) != id+" 127.0.0.1" || !strings.Contains(log.String(), "request="+id) {
			t.Errorf("X-Request-Id %q: reply %q, body %q", given, id, body)
		}
	}
}

func TestPanic(t *testing.T) {
	t.Parallel()
	url, log := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/late" {
			io.WriteString(w, strings.Repeat("x", 1<<20))
		}
		panic("kaboom")
	})
	resp, err := http.Get(url + "/early")
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	if resp.StatusCode != 500 || strings.Contains(string(body), "kaboom") || !strings.Contains(string(body), resp.Header.Get("X-Request-Id")) {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	if !strings.Contains(log.String(), "kaboom") || !strings.Contains(log.String(), "front_test.go") {
		t.Errorf("the log lacks the panic or its place: %s", log)
	}
	if resp, err = http.Get(url + "/late"); err == nil {
		_, err = io.ReadAll(resp.Body)
		resp.Body.Close()
	}
	if err == nil {
		t.Error("a reply that broke off looks whole")
	}
}

func TestAccessLine(t *testing.T) {
	t.Parallel()
	url, log := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	resp, err := http.Post(url+"/api/sys/tokens/0123?fields=name&token=s3cret&x=s3cret&filter=name%20eq%20'a'", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	line := log.String()
	for _, want := range []string{"level=INFO", "path=/api/sys/tokens/…", "status=418", "token=…", "x=…", "fields=name", "address=127.0.0.1"} {
		if !strings.Contains(line, want) {
			t.Errorf("no %s in %s", want, line)
		}
	}
	if strings.Contains(line, "s3cret") || strings.Contains(line, "0123") {
		t.Errorf("the line holds a secret: %s", line)
	}
}

func TestTakeOver(t *testing.T) {
	t.Parallel()
	url, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi")
	})
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, _ := io.ReadAll(resp.Body); string(body) != "hi" {
		t.Errorf("body %q", body)
	}
}

type authenticator func() (perm.Actor, error)

func (a authenticator) Authenticate(context.Context, *http.Request, http.Header) (perm.Actor, error) {
	return a()
}

func (a authenticator) Recheck(context.Context, *http.Request) (perm.Actor, error) { return a() }

func TestAuthenticated(t *testing.T) {
	t.Parallel()
	var seen perm.Actor
	deny := func(w http.ResponseWriter, _ *http.Request, err error) {
		http.Error(w, err.Error(), http.StatusUnauthorized)
	}
	next := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = perm.ActorOf(r.Context()) })
	call := func(a authenticator) (int, string) {
		var log bytes.Buffer
		w, r := httptest.NewRecorder(), httptest.NewRequest("POST", "/", nil)
		r.RemoteAddr = "[::ffff:192.0.2.7]:99"
		r.Header.Set("X-Request-Id", "r1")
		front.Wrap(front.Authenticated(a, deny)(next), front.Edge{}, slog.New(slog.NewTextHandler(&log, nil))).ServeHTTP(w, r)
		return w.Code, log.String()
	}
	code, log := call(func() (perm.Actor, error) { return perm.Actor{User: 7, Name: "ann", Admin: true}, nil })
	if want := (perm.Actor{User: 7, Name: "ann", Admin: true, Address: "192.0.2.7", Request: "r1"}); code != 200 || seen != want || !strings.Contains(log, "actor=ann") {
		t.Errorf("%d %+v %s", code, seen, log)
	}
	seen = perm.Actor{}
	if code, _ := call(func() (perm.Actor, error) { return perm.Actor{User: 7}, errors.New("no") }); code != 401 || seen != (perm.Actor{}) {
		t.Errorf("a request without a good credential got through: %d %+v", code, seen)
	}
}

func TestReadJSON(t *testing.T) {
	t.Parallel()
	const limit = 1 << 16
	nested := func(n int) string { return `{"a":` + strings.Repeat("[", n) + strings.Repeat("]", n) + `}` }
	for body, want := range map[string]errs.Kind{
		`{"a":1,"a":2}`: 0, ``: 0, `null`: 0, ` {} `: 0, `{"a":"]]]]}\"[{"}`: 0, nested(front.MaxDepth - 1): 0,
		nested(front.MaxDepth): errs.Malformed, nested(10000): errs.Malformed, `[]`: errs.Malformed, `1`: errs.Malformed, `{} x`: errs.Malformed,
		`{"a":"` + "\xff" + `"}`: errs.Malformed, `{"a":1`: errs.Malformed, "{\x00}": errs.Malformed,
		`{"a":"` + strings.Repeat("x", limit) + `"}`: errs.TooLarge, strings.Repeat(" ", limit+1): errs.TooLarge,
	} {
		for _, told := range []bool{true, false} {
			r := httptest.NewRequest("POST", "/", strings.NewReader(body))
			if !told {
				r.ContentLength = -1
			}
			_, err := front.ReadJSON(httptest.NewRecorder(), r, limit)
			if (err == nil) != (want == 0) || err != nil && errs.KindOf(err) != want {
				t.Errorf("%.50q, length told: %v: %v, want %v", body, told, err, want)
			}
		}
	}
	r := httptest.NewRequest("POST", "/", strings.NewReader(`{"a":1,"a":"2","b":{"c":[]}}`))
	in, err := front.ReadJSON(httptest.NewRecorder(), r, limit)
	if err != nil || string(in["a"]) != `"2"` || string(in["b"]) != `{"c":[]}` {
		t.Errorf("%v %s", err, in)
	}
}

func FuzzReadJSON(f *testing.F) {
	for _, seed := range []string{`{"a":1}`, `{"a":"\"}`, `{"\u0000":[[{}]]}`, "{", "\xff", `{"a":1e999}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		in, err := front.ReadJSON(httptest.NewRecorder(), httptest.NewRequest("POST", "/", bytes.NewReader(body)), 1<<16)
		if err != nil && !errs.Is(err, errs.Malformed) && !errs.Is(err, errs.TooLarge) {
			t.Errorf("%q: %v", body, err)
		}
		if err != nil && in != nil {
			t.Errorf("%q: an input and an error", body)
		}
	})
}

// TestMisplacedCredentials sends every kind of credential in places where none belongs, and looks for it in the log.
func TestMisplacedCredentials(t *testing.T) {
	t.Parallel()
	url, log := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) })
	for _, secret := range []string{
		"5f4dcc3b5aa765d61d8327deb882cf995f4dcc3b",                                    // a session
		"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJlc2lnbmF0dXJl", "eyJhbGciOi", // a JWT, and a piece of one
		"dGhpcyBpcyBhIHRva2VuIGluIGJhc2UgNjQgb2YgNDAgYnl0ZXM=", "vk_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789abcd",
	} {
		for _, place := range []string{
			"/sys/tokens/%s", "/api/sys/tokens/%s", "/api/v1/auth/tokens/%s", "/tokens/%s", "/%s", "/api/v4/vms/%s", "/%s/x", "/api/v4/%s?x=1",
			"/?token=%s", "/?access_token=%s", "/?filter=%s", "/?fields=name,%s", "/?%s", "/?%s=1", "/?filter=name%%20eq%%20'%s'", "/?to%%6ben=%s", "/TOKENS/%s",
		} {
			resp, err := http.Post(url+fmt.Sprintf(place, secret), "", nil)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if strings.Contains(log.String(), secret) {
				t.Fatalf("%s at %s is in the log", secret, place)
			}
		}
	}
	uuid := "/api/v4/vms/0f8fad5b-d9cb-469f-a165-70867728950e"
	resp, err := http.Post(url+uuid+"?filter=name%20eq%20%27x%27", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if line := log.String(); !strings.Contains(line, "path="+uuid) || !strings.Contains(line, "filter=name%20eq%20%27x%27") {
		t.Errorf("what is no secret is missing in the log")
	}
}

// TestHeaders has every reply carry what keeps browsers from doing more with it than was meant.
func TestHeaders(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	front.Strict(front.Wrap(http.NotFoundHandler(), front.Edge{}, slog.New(slog.DiscardHandler))).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY",
		"Cross-Origin-Resource-Policy": "same-origin", "Strict-Transport-Security": "max-age=31536000",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// TestPackedBodies: a body that is packed is refused before anybody reads it.
func TestPackedBodies(t *testing.T) {
	t.Parallel()
	for coding, want := range map[string]int{"": 200, "identity": 200, "Identity": 200, "gzip": 415, "identity, gzip": 415, "br": 415, "aws-chunked": 415} {
		read := false
		h := front.Wrap(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { read = true }), front.Edge{}, slog.New(slog.DiscardHandler))
		r := httptest.NewRequest(http.MethodPut, "/api/v4/files/1?filepos=0", strings.NewReader("packed"))
		if coding != "" {
			r.Header.Set("Content-Encoding", coding)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != want || read != (want == 200) {
			t.Errorf("Content-Encoding %q: status %d, the dialect had it: %v; want %d", coding, w.Code, read, want)
		}
		var body struct{ Err, Status string }
		if want == 415 && (json.Unmarshal(w.Body.Bytes(), &body) != nil || body.Err == "" || body.Status != "error" || w.Header().Get("Accept-Encoding") != "identity") {
			t.Errorf("Content-Encoding %q: %s, %v", coding, w.Body, w.Header())
		}
	}
}
