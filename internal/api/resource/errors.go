package resource

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"dewpoint/internal/api/front"
	"dewpoint/internal/api/resource/frame"
	"dewpoint/internal/api/resource/shape"
	"dewpoint/internal/errs"
)

// failures is how operations answer errors.
var failures = frame.Failures{
	Answer: func(ctx context.Context, err error, c frame.Codes) error { return failed(ctx, err, codes(c)) },
	Write:  writeError,
	Shape:  reflect.TypeFor[failure](),
}

// statuses maps kinds of errors to statuses; a kind that is missing is 500.
var statuses = map[errs.Kind]int{
	errs.Malformed:       http.StatusBadRequest,
	errs.Unauthenticated: http.StatusUnauthorized,
	errs.Denied:          http.StatusForbidden,
	errs.NotFound:        http.StatusNotFound,
	errs.NotAllowed:      http.StatusMethodNotAllowed,
	errs.Conflict:        http.StatusConflict,
	errs.Invalid:         http.StatusBadRequest,
	errs.TooLarge:        http.StatusRequestEntityTooLarge,
	errs.TooMany:         http.StatusTooManyRequests,
	errs.Unavailable:     http.StatusServiceUnavailable,
	errs.NotBuilt:        http.StatusNotImplemented,
	errs.Full:            http.StatusInsufficientStorage,
	errs.Stale:           http.StatusPreconditionFailed,
}

// exact holds the errors whose status differs from that of their kind: as TUS 1.0.0 asks, where nothing else is said.
var exact = map[string]int{
	"no_console_available":    http.StatusServiceUnavailable, // what clients of this dialect expect
	"upload_expired":          http.StatusGone,
	"unsupported_tus_version": http.StatusPreconditionFailed,
	"invalid_content_type":    http.StatusUnsupportedMediaType,
}

// common holds the codes of kinds that are the same in every area.
var common = map[errs.Kind]string{
	errs.Internal:        "INTERNAL_ERROR",
	errs.Unauthenticated: "UNAUTHORIZED",
	errs.Denied:          "FORBIDDEN",
	errs.NotBuilt:        "NOT_IMPLEMENTED",
	errs.Full:            "INSUFFICIENT_STORAGE",
}

// codes are those of the area that failed, empty outside operations.
type codes frame.Codes

// member is what a body calls a column.
func (c codes) member(column string) string {
	if name := c.Members[column]; name != "" {
		return name
	}
	return column
}

// of returns the code of an error in the area.
func (c codes) of(e *errs.Error) string {
	if code, ok := common[e.Kind]; ok && e.Code != "code_required" { // a login page asks for the code then
		return code
	}
	own := ""
	switch {
	case e.Code == "not_found":
		own = c.NotFound
	case e.Code == "exists" && e.Field == "name" && c.Exists != "":
		own = c.Exists
	case e.Code == "in_use" && c.InUse != "":
		own = c.InUse
	case e.Code == "exists", e.Code == "in_use":
		own = "CONFLICT"
	case e.Code == "invalid_request":
		own = cmp.Or(frame.Codes(c).OfBody(), "INVALID_REQUEST")
	case e.Kind == errs.Invalid && ofDeclaration(e.Code):
		own = cmp.Or(c.Fields[e.Field], c.Invalid, "INVALID_REQUEST")
	}
	if own == "" {
		own = strings.ToUpper(e.Code)
	}
	return own
}

// ofDeclaration reports whether a code is one of those that tables give, named after their columns, which clients of this dialect don't know.
func ofDeclaration(code string) bool {
	return strings.HasPrefix(code, "invalid_") || code == "required" || code == "no_row"
}

// fault is the error member of the envelope.
type fault struct {
	Code    string `json:"code" doc:"stable, in capitals, as in VM_NOT_FOUND"`
	Message string `json:"message"`
	Details string `json:"details,omitempty"`
}

// failure is an error in the envelope. It is what huma writes.
type failure struct {
	Status string     `json:"status" enum:"error"`
	Data   frame.Null `json:"data"`
	Fault  fault      `json:"error"`
	status int
	header http.Header
}

// GetHeaders implements huma.HeadersError.
func (f *failure) GetHeaders() http.Header { return f.header }

// GetStatus implements huma.StatusError.
func (f *failure) GetStatus() int { return f.status }

// Error implements error.
func (f *failure) Error() string { return f.Fault.Message }

// words are those that clients of an area know.
type words struct{ codes }

// Row implements errs.Words.
func (words) Row(w errs.Word) string {
	if w.Form == errs.Wired {
		w.Form = errs.Many
	}
	return w.Called(cmp.Or(shape.Nouns[w.Table], w.Noun))
}

// Column implements errs.Words.
func (w words) Column(name string) string { return w.member(name) }

// textOf is an error's text in words that clients of this dialect know.
func (c codes) textOf(e *errs.Error) string {
	e = e.In(words{c})
	if e.Why != "" {
		return c.member(e.Field) + ": " + e.Why
	}
	return e.Text
}

// failed turns an error into what the client reads. An internal one goes to the log whole, and to the client as a request id.
func failed(ctx context.Context, err error, c codes) *failure {
	var done *failure
	if errors.As(err, &done) {
		return done
	}
	e := errs.Public(err)
	if e == nil {
		call := front.Of(ctx)
		call.Log.Error("request failed", "err", err)
		return &failure{Status: "error", status: http.StatusInternalServerError, Fault: fault{
			Code: common[errs.Internal], Message: errs.Hidden, Details: "request " + call.ID,
		}}
	}
	status, ok := exact[e.Code]
	if !ok {
		status = statuses[e.Kind]
	}
	f := &failure{Status: "error", status: status, header: http.Header{}, Fault: fault{Code: c.of(e), Message: c.textOf(e)}}
	front.RetryAfter(f.header, e.Wait)
	if e.Field != "" {
		f.Fault.Details = "field " + c.member(e.Field)
	}
	return f
}

// writeError answers a request outside huma's operations.
func writeError(w http.ResponseWriter, r *http.Request, err error) {
	f := failed(r.Context(), err, codes{})
	if f.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	maps.Copy(w.Header(), f.header)
	writeJSON(w, f.status, f)
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	raw, err := json.Marshal(v)
	if err != nil { // our own types always marshal
		panic(err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(raw) // a client that has gone needs no answer
}

// humaError puts huma's own failures (a body that is no JSON, a value of the wrong type) in the envelope.
func humaError(c frame.Codes, status int, text string, causes []error) huma.StatusError {
	f := &failure{Status: "error", status: status, Fault: fault{Code: cmp.Or(c.OfBody(), "INVALID_REQUEST"), Message: text}}
	switch status {
	case http.StatusUnprocessableEntity:
		f.status = http.StatusBadRequest // what clients of this dialect expect
	case http.StatusRequestEntityTooLarge:
		f.Fault.Code = "BODY_TOO_LARGE"
	case http.StatusInternalServerError:
		f.Fault = fault{Code: common[errs.Internal], Message: errs.Hidden}
		return f
	}
	var details []string
	for i, cause := range causes {
		if i == mostDetails {
			details = append(details, fmt.Sprintf("and %d more", len(causes)-i))
			break
		}
		if cause != nil {
			details = append(details, withoutValue(cause))
		}
	}
	f.Fault.Message = errs.Clip(f.Fault.Message)
	f.Fault.Details = strings.Join(details, "; ")
	return f
}

// mostDetails is how many failures of huma an answer names: a body may have one for each member.
const mostDetails = 10

// withoutValue is what a failure of huma says and where, but not the value that it found there: that may be a whole body with a password.
func withoutValue(cause error) string {
	detail, ok := errors.AsType[*huma.ErrorDetail](cause)
	if !ok {
		return errs.Clip(cause.Error())
	}
	if detail.Location == "" {
		return errs.Clip(detail.Message)
	}
	return errs.Clip(detail.Message) + " (" + errs.Clip(detail.Location) + ")"
}
