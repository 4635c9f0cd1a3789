package upload

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"time"

	"dewpoint/internal/api/front"
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/query"
	"dewpoint/internal/schema"
)

// complete answers POST {id}/complete: it makes the upload a file. It ends in the same state however often it is repeated, also after a
// crash between any two of its steps: the file's UUID is the upload's id, so there is never a second one.
func (f *family) complete(w http.ResponseWriter, r *http.Request) error {
	s, err := f.open(w, r)
	if err != nil {
		return err
	}
	extra, err := front.ReadJSON(w, r, front.MaxJSON)
	if err != nil {
		return err
	}
	// The client may be gone by now; what has begun is carried through.
	ctx := context.WithoutCancel(r.Context())
	if err := f.keep(ctx, s, extra); err != nil {
		return err
	}
	iso, err := f.shape(ctx, s.ID)
	if err != nil {
		return err
	}
	writeBoth(w, map[string]any{"upload_id": s.ID, "iso": iso, "message": "ISO image " + s.Metadata["filename"] + " is ready"})
	return nil
}

func (u *Uploads) keep(ctx context.Context, s *session, extra schema.Input) error {
	unlock, err := u.lock(ctx, s.ID)
	if err != nil {
		return err
	}
	defer unlock()
	key, err := u.fileKey(ctx, s, extra)
	if err != nil {
		return err
	}
	if err := u.lib.Adopt(ctx, key, u.path(s.ID)); err != nil {
		return typed(err)
	}
	if s.Done {
		return nil
	}
	s.Done, s.Ended = true, time.Now().UTC().Truncate(time.Second)
	if err := u.writeSession(s); err != nil { // the row is the truth; Sweep writes the note later
		u.log.Warn("the end of an upload could not be recorded", "upload", s.ID, "err", err)
	}
	return nil
}

// fileKey finds the row of the file that the upload becomes, or makes it.
func (u *Uploads) fileKey(ctx context.Context, s *session, extra schema.Input) (int64, error) {
	row, err := engine.Made[struct {
		Key int64 `json:"$key"`
	}](ctx, u.eng, "files", query.Request{Fields: "$key", Equals: map[string]string{"uuid": s.ID}})
	if !errs.Is(err, errs.NotFound) {
		return row.Key, err
	}
	if s.Done {
		return 0, notFound(s.ID) // the file was deleted since
	}
	arrived, err := u.arrived(ctx, s)
	if err != nil {
		return 0, err
	}
	if arrived != s.Size {
		return 0, errs.New(errs.Malformed, "upload_not_complete", "%d of %d bytes have arrived; send the rest first", arrived, s.Size)
	}
	return u.makeFile(ctx, s, extra)
}

// makeFile makes the row, with the upload's id as its UUID and what the uploader said about the ISO.
func (u *Uploads) makeFile(ctx context.Context, s *session, extra schema.Input) (key int64, err error) {
	meta := maps.Clone(s.Metadata)
	for _, name := range []string{"os_type", "os_variant", "architecture", "description", "tags"} {
		var text string
		if json.Unmarshal(extra[name], &text) == nil {
			meta[name] = text
		}
	}
	told := maps.Clone(meta)
	delete(told, "filename")
	raw, err := json.Marshal(told)
	if err != nil {
		return 0, err
	}
	err = u.eng.Do(ctx, func(w *engine.Write) error {
		row := columnsOf(meta)
		row["type"], row["allocated_bytes"] = engine.Text("iso"), engine.Number(s.Size)
		made, err := w.CreateWith("files", row, schema.Set{"uuid": schema.TextValue(s.ID), "metadata": schema.TextValue(string(raw))})
		if err != nil {
			return err
		}
		key = made.Key.Int()
		return nil
	})
	return key, err
}
