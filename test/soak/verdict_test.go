package soak

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"dewpoint/test/harness"
)

// refusalLimit is far more than any refusal takes, and less than anything that could be waited for.
const refusalLimit = 15 * time.Second

// inside is what lies inside the server and is nobody's business.
var inside = regexp.MustCompile(`goroutine \d+|runtime error|\.go:\d+|SQLSTATE|sqlite|SQL logic error|no such (table|column)|constraint failed|near ".*": syntax error|internal/(api|engine|store)|context (canceled|deadline)`)

// plain values in a path can't lead to another operation.
var plain = regexp.MustCompile(`^[A-Za-z0-9-]+$`)

// complaint says what is wrong with a reply: a word for the kind of it, and the details.
type complaint struct{ kind, text string }

// judge holds a reply against what every reply must be, and against the document; nil when all is well.
func (g *generator) judge(r *request, reply *harness.Reply, took time.Duration) *complaint {
	body := string(reply.Body)
	switch status := reply.Status; {
	case status >= 500 && status != 501 && status != 503 && status != 507:
		return &complaint{"server error", fmt.Sprint("status ", status)}
	case status >= 400 && took > refusalLimit:
		return &complaint{"slow", "refused after " + took.String()}
	case strings.Contains(body, passwordMark):
		return &complaint{"secret", "a password stands in the reply"}
	case strings.Contains(body, g.s.Data):
		return &complaint{"path", "the data directory's path stands in the reply"}
	case status >= 400 && inside.MatchString(body):
		return &complaint{"inside", "the reply holds " + inside.FindString(body)}
	}
	for _, value := range r.path {
		if !plain.MatchString(value) {
			return nil // it may have been another operation
		}
	}
	if reply.Status == http.StatusRequestHeaderFieldsTooLarge { // Go's server has said so, before any operation was known
		return nil
	}
	if r.headers["X-HTTP-Method-Override"] != "" {
		return nil
	}
	if err := conforms(r, reply); err != nil {
		return &complaint{"document", firstLine(err.Error())}
	}
	return nil
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// conforms holds a reply against the document.
func conforms(r *request, reply *harness.Reply) error {
	if strings.HasPrefix(reply.Header.Get("Content-Type"), "text/event-stream") {
		return nil // cut short
	}
	req, err := http.NewRequest(r.op.method, "http://dewpoint.test"+r.url(), nil)
	if err != nil {
		return nil
	}
	options := &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true}
	out := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{
			Request: req, Options: options,
			Route: &routers.Route{Spec: r.op.doc, Path: r.op.path, PathItem: r.op.item, Method: r.op.method, Operation: r.op.op},
		},
		Status: reply.Status, Header: reply.Header, Options: options,
	}
	out.SetBodyBytes(reply.Body)
	return openapi3filter.ValidateResponse(context.Background(), out)
}
