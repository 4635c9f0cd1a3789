package upload

import (
	"context"
	"errors"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/tus/tusd/v2/pkg/handler"

	"dewpoint/internal/api/front"
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
)

type announcementKey struct{}

// announcement is what the reply to a creation says, on its way through tusd.
type announcement struct {
	session *session
	url     string
}

// create answers POST: it checks all that can be checked, notes whose the upload is, and has tusd open it.
func (f *family) create(w http.ResponseWriter, r *http.Request) error {
	actor := perm.ActorOf(r.Context())
	if err := f.eng.MayCreate(r.Context(), "files"); err != nil {
		return err
	}
	size, err := lengthOf(r)
	if err != nil {
		return err
	}
	meta, err := metadataOf(r)
	if err == nil {
		err = ofMetadata(f.eng.Fits("files", columnsOf(meta)))
	}
	if err != nil {
		return err
	}
	now := time.Now().UTC().Truncate(time.Second)
	s := &session{ID: uuid.NewString(), User: actor.User, Name: actor.Name, Size: size, Metadata: meta, Created: now, Expires: now.Add(Life)}
	if err := f.announceSpace(r.Context(), s); err != nil {
		return err
	}
	a := announcement{session: s, url: front.Base(r) + f.prefix + "/" + s.ID}
	if err := f.receive(w, r.WithContext(context.WithValue(r.Context(), announcementKey{}, a)), s, f.tus.PostFile); err != nil {
		// The client learns no address of it.
		w.Header().Del("Location")
		return errors.Join(err, f.cancel(context.WithoutCancel(r.Context()), s.ID))
	}
	return nil
}

// announceSpace writes the session of a new upload, if there is room for all of its bytes.
func (u *Uploads) announceSpace(ctx context.Context, s *session) error {
	release, err := u.lib.Hold(ctx, u.claim(s))
	if err != nil {
		return err
	}
	defer release()
	return u.writeSession(s)
}

func lengthOf(r *http.Request) (int64, error) {
	text := r.Header.Get("Upload-Length")
	if text == "" {
		return 0, errs.New(errs.Malformed, "missing_upload_length", "a new upload needs the header Upload-Length")
	}
	size, err := strconv.ParseInt(text, 10, 64)
	if err != nil || size < 0 {
		return 0, errs.New(errs.Malformed, "invalid_upload_length", "Upload-Length must be a number of bytes")
	}
	if size > MaxBytes {
		return 0, tooLarge
	}
	return size, nil
}

// metadataOf reads Upload-Metadata and refuses what can't become an ISO image.
func metadataOf(r *http.Request) (map[string]string, error) {
	meta := handler.ParseMetadataHeader(r.Header.Get("Upload-Metadata"))
	name := meta["filename"]
	switch {
	case name == "":
		return nil, errs.New(errs.Malformed, "missing_filename", "Upload-Metadata needs a filename")
	case !strings.EqualFold(path.Ext(name), ".iso"):
		return nil, errs.New(errs.Malformed, "unsupported_file_type", "only files that end in .iso can be uploaded here")
	}
	for key, value := range meta {
		if !utf8.ValidString(value) {
			return nil, errs.New(errs.Malformed, "invalid_metadata", "the value of %q in Upload-Metadata isn't valid UTF-8", key)
		}
	}
	if pool := meta["pool_name"]; pool != "" && pool != "default" {
		return nil, errs.New(errs.Malformed, "invalid_storage_pool", "ISO images are kept in the pool default")
	}
	return meta, nil
}

// columnsOf are the columns of files that an upload's metadata give.
func columnsOf(meta map[string]string) schema.Input {
	return schema.Input{"name": engine.Text(meta["filename"]), "description": engine.Text(meta["description"])}
}

// ofMetadata says in the words of the metadata what doesn't fit the columns.
func ofMetadata(err error) error {
	e := errs.As(err)
	if e == nil || e.Kind != errs.Invalid {
		return err
	}
	member := e.Field
	if member == "name" {
		member = "filename"
	}
	return errs.New(errs.Malformed, "invalid_"+member, "%s in Upload-Metadata %s", errs.Ours(member), errs.Ours(e.Why))
}

// announce is tusd's hook before it opens an upload: it gives the upload our id and its reply our body.
func announce(event handler.HookEvent) (handler.HTTPResponse, handler.FileInfoChanges, error) {
	a := event.Context.Value(announcementKey{}).(announcement)
	body := both(map[string]any{
		"upload_id": a.session.ID, "upload_url": a.url, "expires_at": a.session.Expires.Format(time.RFC3339), "metadata": a.session.Metadata,
	})
	return handler.HTTPResponse{
		Body: string(body),
		Header: handler.HTTPHeader{
			"Content-Type": "application/json", "Upload-Offset": "0", "Upload-Expires": a.session.Expires.Format(http.TimeFormat), "Location": a.url,
		},
	}, handler.FileInfoChanges{ID: a.session.ID}, nil
}
