package front

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"
	"unicode/utf8"

	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
)

const (
	// MaxJSON is the size in bytes that JSON bodies may have when nobody says otherwise.
	MaxJSON = 1 << 20
	// MaxDepth is how many objects and arrays of a JSON body may be inside each other.
	MaxDepth = 64
	// readTime is how long the client may take to send a JSON body.
	readTime = 30 * time.Second
)

// ReadJSON reads a request's body, one JSON object of at most limit bytes whatever its Content-Type; no body and null give an empty input.
// Errors are of kind TooLarge, given before the rest of the body is read, or Malformed.
func ReadJSON(w http.ResponseWriter, r *http.Request, limit int64) (schema.Input, error) {
	if r.ContentLength > limit {
		return nil, tooLarge(limit)
	}
	control := http.NewResponseController(w)
	control.SetReadDeadline(time.Now().Add(readTime)) // writers of tests have no deadline
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var tooMuch *http.MaxBytesError
	switch {
	case errors.As(err, &tooMuch):
		return nil, tooLarge(limit)
	case err != nil:
		return nil, errs.Wrap(err, errs.Malformed, "body_cut", "the body of the request ended early")
	}
	control.SetReadDeadline(time.Time{})
	return parseObject(body)
}

func parseObject(body []byte) (schema.Input, error) {
	in := schema.Input{}
	if len(body) == 0 {
		return in, nil
	}
	if !utf8.Valid(body) {
		return nil, errs.New(errs.Malformed, "bad_json", "the body is not valid UTF-8")
	}
	if deeper(body, MaxDepth) {
		return nil, errs.New(errs.Malformed, "bad_json", "the body is nested more than %d levels deep", MaxDepth)
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, badJSON(err)
	}
	return in, nil
}

func badJSON(err error) error {
	var wrongType *json.UnmarshalTypeError
	if errors.As(err, &wrongType) {
		return errs.New(errs.Malformed, "bad_json", "the body must be a JSON object")
	}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return errs.New(errs.Malformed, "bad_json", "the body is not JSON: %v at byte %d", syntax, syntax.Offset)
	}
	return errs.New(errs.Malformed, "bad_json", "the body is not JSON: %s", err.Error())
}

func tooLarge(limit int64) error {
	return errs.New(errs.TooLarge, "body_too_large", "the body is larger than %d bytes", limit)
}

// deeper reports whether brackets of a JSON text nest deeper than most. The text needn't be JSON: a decoder that recurses must not be
// given it before this is known.
func deeper(text []byte, most int) bool {
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{', c == '[':
			if depth++; depth > most {
				return true
			}
		case c == '}', c == ']':
			depth--
		}
	}
	return false
}
