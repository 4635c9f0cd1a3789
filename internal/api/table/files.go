package table

import (
	"context"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"dewpoint/internal/api/front"
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/query"
	"dewpoint/internal/schema"
)

// hasBytes reports whether the bytes of the table's rows can be downloaded.
func hasBytes(t *schema.Table) bool { return t.Bytes != schema.NoBytes }

// maxOffset is beyond every file, and an offset up to it can have a length added.
const maxOffset = 1 << 62

// upload takes a chunk of a file's bytes.
func (c *call) upload(at string) error {
	off, err := strconv.ParseInt(at, 10, 64)
	if err != nil || off < 0 || off > maxOffset {
		return errs.New(errs.Malformed, "bad_filepos", "filepos must be the offset of the chunk in bytes").On("filepos")
	}
	if err := c.refuseDryRun("an upload"); err != nil {
		return err
	}
	// A change of nothing succeeds on a row that the caller may change.
	if err := c.eng.Update(c.r.Context(), c.t.Name, c.key, schema.Input{}); err != nil {
		return err
	}
	key, err := strconv.ParseInt(c.key, 10, 64)
	if err != nil {
		return err // can't be: the row is there
	}
	received := front.Receive(c.w, c.r, front.Checks{Still: c.mayUpload, Room: func() error { return nil }}) // the library looks after the room
	defer received.Stop()
	var body io.Reader = received
	if c.r.ContentLength >= 0 {
		body = sized{received, int(c.r.ContentLength)}
	}
	if err := c.files.WriteAt(c.r.Context(), key, off, body); err != nil {
		return err
	}
	c.done()
	return nil
}

// mayUpload is an error once the caller may not change the file any more.
func (c *call) mayUpload(ctx context.Context) error {
	ctx, err := front.Again(ctx)
	if err != nil {
		return err
	}
	can, err := c.eng.Can(ctx, []engine.Object{{Table: c.t.Name, Key: c.key}})
	if err == nil && !can[0].Modify {
		err = errs.New(errs.Denied, "denied", "you can no longer change this file; the bytes received so far are kept")
	}
	return err
}

// sized is a body whose length is known before it is read.
type sized struct {
	io.Reader
	bytes int
}

// Len returns how many bytes the body has.
func (s sized) Len() int { return s.bytes }

// download sends the bytes of a row, or the ranges of them that the client asks for.
func (c *call) download() error {
	content, name, modified, err := c.open()
	if err != nil {
		return err
	}
	defer content.Close()
	if c.t.Bytes == schema.MadeBytes && c.r.Method == http.MethodGet {
		if err := c.eng.Taking(c.r.Context(), c.t.Name, c.key); err != nil {
			return err
		}
	}
	if as, _, err := c.param("asname"); err == nil && as != "" {
		name = as
	}
	h := c.w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", disposition(name))
	http.ServeContent(c.w, c.r, "", modified, content)
	return nil
}

// open finds the bytes of a row that the caller may read.
func (c *call) open() (content io.ReadSeekCloser, name string, modified time.Time, err error) {
	var row struct {
		Key      int64  `json:"$key"`
		Name     string `json:"name"`
		Contents string `json:"contents"`
		Modified int64  `json:"modified"`
	}
	fields := "$key"
	if c.t.Bytes == schema.TextBytes {
		fields = "$key,name,contents,modified"
	}
	err = c.eng.Query(c.r.Context(), c.t.Name, query.Request{Key: c.key, Fields: fields}, func(raw json.RawMessage) error {
		return json.Unmarshal(raw, &row)
	})
	if err != nil {
		return nil, "", modified, err
	}
	if c.t.Bytes == schema.TextBytes {
		return text{strings.NewReader(row.Contents)}, row.Name, time.Unix(row.Modified, 0).UTC(), nil
	}
	return c.bytes[c.t.Name].Open(c.r.Context(), row.Key)
}

// text are the bytes of a column.
type text struct{ *strings.Reader }

// Close implements io.Closer.
func (text) Close() error { return nil }

// disposition makes a browser save the bytes under a name, whatever is in it; folders in front are left out.
func disposition(name string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	if text := mime.FormatMediaType("attachment", map[string]string{"filename": name}); text != "" {
		return text
	}
	return "attachment"
}
