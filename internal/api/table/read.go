package table

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"dewpoint/internal/api/front"
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/query"
)

// get answers with one row.
func (c *call) get() error {
	if hasBytes(c.t) {
		if v, _, err := c.param("download"); err != nil || v != "" && v != "0" {
			return orElse(err, c.download)
		}
	}
	fields, _, err := c.param("fields")
	if err != nil {
		return err
	}
	b := takeBuffer()
	defer giveBack(b)
	pretty := wantsIndent(c.r)
	var tag string
	unknown, err := c.eng.Versions(c.r.Context(), c.t.Name, query.Request{Fields: fields, Key: c.key}, func(row json.RawMessage, version string) error {
		err := appendRow(b, row, pretty, "")
		tag = rowTag(version, b.Bytes())
		return err
	})
	if err != nil {
		return err
	}
	c.warn(unknown)
	if !c.unchanged(tag) {
		sendBody(c.w, http.StatusOK, b.Bytes())
	}
	return nil
}

func orElse(err error, f func() error) error {
	if err != nil {
		return err
	}
	return f()
}

// appendRow appends a row, indented behind prefix when that is wanted.
func appendRow(b *bytes.Buffer, row json.RawMessage, pretty bool, prefix string) error {
	if !pretty {
		b.Write(row)
		return nil
	}
	if err := json.Indent(b, row, prefix, indent); err != nil {
		return badRow(err)
	}
	return nil
}

// list answers with an array of rows, or with the changes of one.
func (c *call) list() error {
	if feed, err := c.wantsFeed(); err != nil || feed {
		return orElse(err, c.watch)
	}
	req, err := c.listRequest()
	if err != nil {
		return err
	}
	count, err := c.wantsCount()
	if err != nil {
		return err
	}
	reading, err := c.eng.Reading(c.r.Context(), c.t.Name, req, count)
	if err != nil {
		return err
	}
	c.warn(reading.Unknown())
	if c.unchanged(listTag(reading.Tag(), wantsIndent(c.r))) {
		return nil
	}
	out := array{w: c.w, body: takeBuffer(), pretty: wantsIndent(c.r), long: c.long, export: reading.Export}
	if count {
		out.total = reading.Total
	}
	defer giveBack(out.body)
	defer out.release()
	err = reading.Each(c.r.Context(), out.row)
	if err == nil {
		err = out.end()
	}
	if err != nil && out.begun {
		note(front.Of(c.r.Context()), errs.KindOf(err), err)
		panic(http.ErrAbortHandler) // half a list must not look like a whole one
	}
	if err != nil {
		c.w.Header().Del("ETag")
	}
	return err
}

const (
	// arrayChunk is how much of a list is put together before the first of it is sent. Up to this size an error still gets its own status, and
	// a client that reads slowly holds no connection to the database.
	arrayChunk = 1 << 20
	// sendTime is how long a client may take to read a chunk.
	sendTime = 10 * time.Second
	// mostLong is how many lists that are longer may be on their way at once: the database has connections for so many, so that clients who
	// read slowly leave the others theirs. longWait is how long one more waits for its turn.
	mostLong = engine.Exports
	longWait = 5 * time.Second
)

// turns are taken by lists that are too long to be put together before they are sent.
type turns chan struct{}

// array writes rows as a JSON array.
type array struct {
	w      http.ResponseWriter
	body   *bytes.Buffer
	pretty bool
	long   turns
	export func()       // called before the first part is sent; may be nil
	total  func() int64 // nil where it isn't asked for
	rows   int
	begun  bool // a part has been sent
}

func (a *array) row(row json.RawMessage) error {
	switch {
	case a.rows > 0:
		a.body.WriteByte(',')
	default:
		a.body.WriteByte('[')
	}
	a.rows++
	if a.pretty {
		a.body.WriteString("\n" + indent)
	}
	if err := appendRow(a.body, row, a.pretty, indent); err != nil || a.body.Len() < arrayChunk {
		return err
	}
	return a.flush()
}

// flush sends what there is of a list that is too large to be sent at once.
func (a *array) flush() error {
	if !a.begun {
		if err := a.begin(); err != nil {
			return err
		}
	}
	http.NewResponseController(a.w).SetWriteDeadline(time.Now().Add(sendTime)) // writers of tests have no deadline
	_, err := a.w.Write(a.body.Bytes())
	a.body.Reset()
	return err
}

// begin waits for the list's turn.
func (a *array) begin() error {
	select {
	case a.long <- struct{}{}:
	case <-time.After(longWait):
		return errs.New(errs.Unavailable, "too_many_long_lists", "%d long lists are being sent; ask for less with limit or fields, or try again", mostLong)
	}
	a.begun = true
	if a.export != nil {
		a.export()
	}
	a.w.Header().Set("Content-Type", "application/json")
	a.tellTotal()
	return nil
}

// totalHeader says how many rows there are in a list, whatever its limit is.
const totalHeader = "X-Total-Count"

func (a *array) tellTotal() {
	if a.total != nil {
		a.w.Header().Set(totalHeader, strconv.FormatInt(a.total(), 10))
	}
}

// release gives the turn back.
func (a *array) release() {
	if a.begun {
		<-a.long
	}
}

func (a *array) end() error {
	if a.rows == 0 {
		a.body.WriteByte('[')
	} else if a.pretty {
		a.body.WriteByte('\n')
	}
	a.body.WriteByte(']')
	if !a.begun {
		a.tellTotal()
		sendBody(a.w, http.StatusOK, a.body.Bytes())
		return nil
	}
	err := a.flush()
	http.NewResponseController(a.w).SetWriteDeadline(time.Time{})
	return err
}
