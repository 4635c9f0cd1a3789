package v1

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// Answer is what the server said.
type Answer struct {
	T      testing.TB
	What   string // of which request
	Status int
	Header http.Header
	Body   []byte
}

// Want checks the status and that the body is in the envelope.
func (r *Answer) Want(status int) *Answer {
	r.T.Helper()
	if r.Status != status {
		r.T.Fatalf("%s: status %d, want %d: %s", r.What, r.Status, status, r.Body)
	}
	if len(r.Body) == 0 {
		return r
	}
	words := map[bool]string{true: "success", false: "error"}
	if got := r.Text("status"); got != words[status < 400] {
		r.T.Fatalf("%s: envelope says %q with status %d: %s", r.What, got, status, r.Body)
	}
	return r
}

// Fails checks the status and the error's code.
func (r *Answer) Fails(status int, code string) {
	r.T.Helper()
	r.Want(status)
	if got := r.Text("error.code"); got != code {
		r.T.Errorf("%s: code %q, want %q: %s", r.What, got, code, r.Body)
	}
}

// At returns the member at a path of names and numbers with dots between; nil when it isn't there.
func (r *Answer) At(path string) any {
	r.T.Helper()
	var tree any
	d := json.NewDecoder(bytes.NewReader(r.Body))
	d.UseNumber()
	if err := d.Decode(&tree); err != nil {
		r.T.Fatalf("%s: %v: %s", r.What, err, r.Body)
	}
	for name := range strings.SplitSeq(path, ".") {
		switch t := tree.(type) {
		case map[string]any:
			tree = t[name]
		case []any:
			i := int(name[0] - '0')
			if i >= len(t) {
				return nil
			}
			tree = t[i]
		default:
			return nil
		}
	}
	return tree
}

// Text is At as text; JSON for what is no single value.
func (r *Answer) Text(path string) string {
	r.T.Helper()
	switch v := r.At(path).(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return map[bool]string{true: "true", false: "false"}[v]
	case nil:
		return ""
	default:
		raw, err := json.Marshal(v)
		Must(r.T, err)
		return string(raw)
	}
}

// Check compares members with their wanted texts.
func (r *Answer) Check(want map[string]string) *Answer {
	r.T.Helper()
	for path, text := range want {
		if got := r.Text(path); got != text {
			r.T.Errorf("%s: %s is %q, want %q", r.What, path, got, text)
		}
	}
	return r
}

// InSeconds checks a header that says how many seconds something is away.
func (r *Answer) InSeconds(header string, most int) {
	r.T.Helper()
	if n, err := strconv.Atoi(r.Header.Get(header)); err != nil || n < 1 || n > most {
		r.T.Errorf("%s: %s is %q, want 1 to %d", r.What, header, r.Header.Get(header), most)
	}
}
