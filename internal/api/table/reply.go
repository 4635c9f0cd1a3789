package table

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"sync"

	"dewpoint/internal/errs"
)

// indent is what X-JSON-Non-Compact asks for.
const indent = "    "

// wantsIndent reports whether the client asked for JSON that people can read.
func wantsIndent(r *http.Request) bool { return r.Header.Get("X-JSON-Non-Compact") == "1" }

// send answers with a value as JSON.
func send(w http.ResponseWriter, r *http.Request, status int, v any) {
	var body []byte
	var err error
	if wantsIndent(r) {
		body, err = json.MarshalIndent(v, "", indent)
	} else {
		body, err = json.Marshal(v)
	}
	if err != nil { // our own types always marshal
		panic(err)
	}
	sendBody(w, status, body)
}

// sendBody answers with JSON text. A client that went away meanwhile is nobody to tell.
func sendBody(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	w.Write(body)
}

// buffers hold replies while they are put together.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// keptBuffer is how large a buffer may have become and still be kept for the next reply.
const keptBuffer = 1 << 20

func takeBuffer() *bytes.Buffer { return buffers.Get().(*bytes.Buffer) }

func giveBack(b *bytes.Buffer) {
	if b.Cap() <= keptBuffer {
		b.Reset()
		buffers.Put(b)
	}
}

// badRow is the error of a row that the store did not give as JSON: a defect.
func badRow(err error) error {
	return errs.Wrap(err, errs.Internal, "bad_row", "a row is not JSON")
}
