package harness

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// Client speaks to one server in one dialect with one credential.
type Client struct {
	T    testing.TB
	Base string // URL that paths are relative to
	HTTP *http.Client
	// Authorization is the value of the header.
	Authorization string
}

// Reply is a decoded answer.
type Reply struct {
	Status int
	Header http.Header
	Body   []byte
}

// Basic returns the header of a name and password.
func Basic(name, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(name+":"+password))
}

// Table returns a client of the table API that logs in by Basic as admin.
func (s *Server) Table() *Client {
	return &Client{T: s.t, Base: s.URL + "/api/v4/", HTTP: s.HTTP, Authorization: Basic("admin", AdminPassword)}
}

// With returns a client with another credential.
func (c *Client) With(authorization string) *Client {
	other := *c
	other.Authorization = authorization
	return &other
}

// Resource returns a client of the resource API that has logged in as admin.
func (s *Server) Resource() *Client {
	c := &Client{T: s.t, Base: s.URL + "/api/v1/", HTTP: s.HTTP}
	r := c.Must(200, "POST", "auth/login", map[string]any{"username": "admin", "password": AdminPassword})
	c.Authorization = "Bearer " + r.Data()["token"].(string)
	return c
}

// Do sends a request; a string or []byte body goes as it is, nil as none, anything else as JSON.
func (c *Client) Do(method, path string, body any) (*Reply, error) {
	return c.DoWith(method, path, body, nil)
}

// DoWith is Do with further headers.
func (c *Client) DoWith(method, path string, body any, headers map[string]string) (*Reply, error) {
	var reader io.Reader
	kind := "application/json"
	switch b := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(b)
	case []byte:
		reader, kind = bytes.NewReader(b), "application/octet-stream"
	default:
		text, err := json.Marshal(b)
		if err != nil {
			return nil, err
		}
		reader = bytes.NewReader(text)
	}
	req, err := http.NewRequest(method, c.Base+path, reader)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", kind)
	if c.Authorization != "" {
		req.Header.Set("Authorization", c.Authorization)
	}
	for name, value := range headers {
		req.Header.Set(name, value)
	}
	res, err := c.HTTP.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return &Reply{res.StatusCode, res.Header, text}, err
}

// Must sends a request and fails the test unless the answer has that status.
func (c *Client) Must(status int, method, path string, body any) *Reply {
	c.T.Helper()
	r, err := c.Do(method, path, body)
	if err != nil {
		c.T.Fatalf("%s %s: %v", method, path, err)
	}
	if r.Status != status {
		c.T.Fatalf("%s %s: status %d, want %d: %s", method, path, r.Status, status, r.Body)
	}
	return r
}

// Create posts a row of the table API and returns its key.
func (c *Client) Create(table string, row map[string]any) string {
	c.T.Helper()
	return c.Must(201, "POST", table, row).Object()["$key"].(string)
}

// Object decodes the answer as a JSON object; nil when it isn't one.
func (r *Reply) Object() (m map[string]any) {
	json.Unmarshal(r.Body, &m)
	return m
}

// Rows decodes the answer as a list of JSON objects.
func (r *Reply) Rows() (rows []map[string]any) {
	json.Unmarshal(r.Body, &rows)
	return rows
}

// Data returns the data member of the resource API's envelope.
func (r *Reply) Data() map[string]any {
	m, _ := r.Object()["data"].(map[string]any)
	return m
}

// Eventually asks again and again until ok returns true, and fails the test when it hasn't within the limit.
func Eventually(t testing.TB, limit time.Duration, what string, ok func() (bool, string)) {
	t.Helper()
	deadline, last := time.Now().Add(limit), ""
	for {
		done, seen := ok()
		if done {
			return
		}
		if last = seen; time.Now().After(deadline) {
			t.Fatalf("%s: not within %v; last seen: %s", what, limit, last)
		}
		time.Sleep(100 * time.Millisecond) // between two looks
	}
}

// RemoveVM switches a VM off and deletes it.
func RemoveVM(c *Client, key string) {
	c.T.Helper()
	c.Must(201, "POST", "vm_actions", map[string]any{"vm": key, "action": "kill"})
	Eventually(c.T, 60*time.Second, "VM "+key+" is deleted", func() (bool, string) {
		r, err := c.Do("DELETE", "vms/"+key, nil)
		if err != nil {
			return false, err.Error()
		}
		return r.Status == 200, string(r.Body)
	})
}

// GuestISO returns the path of the test guest, which `make guest` builds.
func GuestISO(t testing.TB) string {
	t.Helper()
	path := Root() + "/.cache/guest/guest.iso"
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("no test guest: %v", err)
		}
		t.Skip("no test guest; run make guest")
	}
	return path
}

// Path joins the parts of a path, formatted with %v.
func Path(parts ...any) string {
	text := make([]string, len(parts))
	for i, p := range parts {
		text[i] = fmt.Sprint(p)
	}
	return strings.Join(text, "/")
}
