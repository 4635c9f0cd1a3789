package upload

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/tus/tusd/v2/pkg/handler"

	"dewpoint/internal/api/front"
	"dewpoint/internal/errs"
	"dewpoint/internal/perm"
)

// family is the uploads as they are served below one prefix. Those of all prefixes are the same.
type family struct {
	*Uploads
	prefix string
	tus    *handler.UnroutedHandler
	fail   func(http.ResponseWriter, *http.Request, error)
	shape  func(ctx context.Context, uuid string) (any, error)
}

// Handler serves the uploads below prefix. Requests carry their actor; all but OPTIONS need one. Fail writes an error as the dialect does;
// shape returns what the dialect shows of the file with the UUID.
func (u *Uploads) Handler(prefix string, fail func(http.ResponseWriter, *http.Request, error), shape func(ctx context.Context, uuid string) (any, error)) http.Handler {
	f := &family{Uploads: u, prefix: prefix, tus: u.protocol(prefix), fail: fail, shape: shape}
	mux := http.NewServeMux()
	for pattern, serve := range map[string]func(http.ResponseWriter, *http.Request) error{
		"POST " + prefix:                    f.create,
		"GET " + prefix:                     f.list,
		"OPTIONS " + prefix:                 f.discover,
		"OPTIONS " + prefix + "/{id}":       f.discover,
		"GET " + prefix + "/{id}":           f.status,
		"GET " + prefix + "/{id}/progress":  f.status,
		"HEAD " + prefix + "/{id}":          f.offset,
		"PATCH " + prefix + "/{id}":         f.append,
		"POST " + prefix + "/{id}":          noOverride,
		prefix + "/":                        elsewhere,
		prefix:                              elsewhere,
		"DELETE " + prefix + "/{id}":        f.drop,
		"POST " + prefix + "/{id}/complete": f.complete,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Tus-Resumable", tusVersion)
			err := checkVersion(w, r)
			if err == nil {
				err = serve(w, r)
			}
			if err != nil {
				fail(w, r, err)
			}
		})
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if method := r.Header.Get("X-HTTP-Method-Override"); r.Method == http.MethodPost && method != "" {
			r = r.Clone(r.Context())
			r.Method = method
			r.Header.Del("X-HTTP-Method-Override")
		}
		mux.ServeHTTP(w, r)
	})
}

func noOverride(http.ResponseWriter, *http.Request) error {
	return errs.New(errs.NotAllowed, "method_not_allowed", "POST to an upload needs the header X-HTTP-Method-Override; to finish it, POST to its /complete")
}

func elsewhere(_ http.ResponseWriter, r *http.Request) error {
	return errs.New(errs.NotFound, "not_found", "uploads have no %s %s", r.Method, r.URL.Path)
}

// pass hands a request to tusd and writes its failures in the dialect's words.
func (f *family) pass(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) error {
	r = r.Clone(r.Context())
	r.Header.Set("Tus-Resumable", tusVersion) // which has been checked
	r.URL.Path = strings.TrimPrefix(r.URL.Path, f.prefix)
	c := &catcher{ResponseWriter: w}
	f.tus.Middleware(serve).ServeHTTP(c, r)
	if !c.failed {
		return nil
	}
	for _, name := range []string{"Content-Type", "Content-Length"} {
		w.Header().Del(name)
	}
	return translate(c.status, c.line)
}

// discover answers OPTIONS.
func (f *family) discover(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Tus-Version", tusVersion)
	w.Header().Set("Tus-Extension", "creation,creation-with-upload,termination,expiration")
	w.Header().Set("Tus-Max-Size", strconv.FormatInt(MaxBytes, 10))
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// offset answers HEAD.
func (f *family) offset(w http.ResponseWriter, r *http.Request) error {
	s, err := f.open(w, r)
	if err != nil {
		return err
	}
	if err := f.ended(r.Context(), s); err != nil {
		return err
	}
	if s.Done {
		w.Header().Set("Upload-Offset", strconv.FormatInt(s.Size, 10))
		w.Header().Set("Upload-Length", strconv.FormatInt(s.Size, 10))
		w.Header().Set("Cache-Control", "no-store")
		return nil
	}
	return f.pass(w, r, f.tus.HeadFile)
}

// append answers PATCH.
func (f *family) append(w http.ResponseWriter, r *http.Request) error {
	s, err := f.open(w, r)
	if err != nil {
		return err
	}
	if r.Header.Get("Upload-Offset") == "" {
		return errs.New(errs.Malformed, "missing_upload_offset", "PATCH needs the header Upload-Offset")
	}
	if err := f.may(r.Context()); err != nil {
		return err
	}
	if err := f.ended(r.Context(), s); err != nil {
		return err
	}
	whole := s.Done
	if !whole && r.ContentLength != 0 && r.Header.Get("Upload-Offset") == strconv.FormatInt(s.Size, 10) {
		arrived, err := f.arrived(r.Context(), s)
		if err != nil {
			return err
		}
		whole = arrived == s.Size
	}
	if whole {
		return errs.New(errs.Conflict, "upload_already_completed", "all bytes of upload %s have arrived", s.ID)
	}
	if err := f.lib.Continue(f.claim(s)); err != nil {
		return err
	}
	return f.receive(w, r, s, f.tus.PatchFile)
}

// receive passes on a request with bytes, for as long as they come, there is room for them, and the sender may send them.
func (f *family) receive(w http.ResponseWriter, r *http.Request, s *session, serve http.HandlerFunc) error {
	body := front.Receive(w, r, front.Checks{
		Still: f.may, Room: func() error { return f.lib.Continue(f.claim(s)) }, Pace: f.pace,
	})
	defer body.Stop()
	r = r.Clone(r.Context())
	r.Body = body
	err := f.pass(w, r, serve)
	if cause := body.Cause(); err != nil && cause != nil {
		return cause
	}
	return err
}

// may is Denied when the sender may make no files any more, Unauthenticated when his credential has ended.
func (f *family) may(ctx context.Context) error {
	ctx, err := front.Again(ctx)
	if err != nil {
		return err
	}
	return f.eng.MayCreate(ctx, "files")
}

// open reads the session that the path names and tells the client when it ends.
func (f *family) open(w http.ResponseWriter, r *http.Request) (*session, error) {
	s, err := f.session(perm.ActorOf(r.Context()), r.PathValue("id"))
	if err == nil {
		w.Header().Set("Upload-Expires", s.Expires.Format(http.TimeFormat))
	}
	return s, err
}

// drop answers DELETE.
func (f *family) drop(w http.ResponseWriter, r *http.Request) error {
	s, err := f.open(w, r)
	if err != nil {
		return err
	}
	if err := f.cancel(r.Context(), s.ID); err != nil {
		return err
	}
	writeBoth(w, map[string]any{"message": "Upload cancelled", "upload_id": s.ID})
	return nil
}

func (f *family) list(w http.ResponseWriter, r *http.Request) error {
	all, err := f.sessions()
	if err != nil {
		return err
	}
	actor, list := perm.ActorOf(r.Context()), []map[string]any{}
	for _, s := range all {
		if s.Done || f.expired(s) || s.User != actor.User && !actor.Admin {
			continue
		}
		item, err := f.describe(r.Context(), s)
		if errs.Is(err, errs.NotFound) {
			continue // removed meanwhile
		}
		if err != nil {
			return err
		}
		if s.Done { // as its row says, where the note of it was lost
			continue
		}
		list = append(list, item)
	}
	writeBoth(w, map[string]any{"uploads": list, "count": len(list)})
	return nil
}

func (f *family) status(w http.ResponseWriter, r *http.Request) error {
	s, err := f.open(w, r)
	if err != nil {
		return err
	}
	data, err := f.describe(r.Context(), s)
	if err == nil {
		writeBoth(w, data)
	}
	return err
}

// describe is what GET says of an upload.
func (u *Uploads) describe(ctx context.Context, s *session) (map[string]any, error) {
	arrived, err := u.arrived(ctx, s)
	if err != nil {
		return nil, err
	}
	state, percent := "in_progress", 100.0
	if s.Size > 0 {
		percent = 100 * float64(arrived) / float64(s.Size)
	}
	switch {
	case s.Done: // and not before: the ISO is made of the bytes when the client completes the upload
		state = "completed"
	case arrived == 0:
		state = "created"
	}
	updated := s.Created
	if info, err := os.Stat(u.path(s.ID)); err == nil {
		updated = info.ModTime()
	}
	said := map[string]any{
		"upload_id": s.ID, "session_id": s.ID, "image_id": nil, "completed_at": nil, "filename": s.Metadata["filename"], "status": state, "total_size": s.Size, "uploaded_size": arrived,
		"progress": strconv.FormatFloat(percent, 'f', 2, 64) + "%", "metadata": s.Metadata,
		"created_at": s.Created.Format(time.RFC3339), "updated_at": updated.UTC().Format(time.RFC3339), "expires_at": s.Expires.Format(time.RFC3339),
	}
	if s.Done {
		said["image_id"] = s.ID
		if !s.Ended.IsZero() {
			said["completed_at"] = s.Ended.Format(time.RFC3339)
		}
	}
	return said, nil
}

// arrived tells how many bytes of an upload are there.
func (u *Uploads) arrived(ctx context.Context, s *session) (int64, error) {
	if err := u.ended(ctx, s); err != nil {
		return 0, err
	}
	if s.Done {
		return s.Size, nil
	}
	up, err := u.store.GetUpload(ctx, s.ID)
	if errors.Is(err, handler.ErrNotFound) {
		return 0, notFound(s.ID)
	}
	if err != nil {
		return 0, err
	}
	info, err := up.GetInfo(ctx)
	return info.Offset, err
}

// both is the JSON of the envelope with the data's members beside it. A member that the envelope has too (the status of an upload) is
// the data's: clients of these replies know them without the envelope.
func both(data map[string]any) []byte {
	all := map[string]any{"status": "success", "error": nil}
	maps.Copy(all, data)
	all["data"] = data
	raw, err := json.Marshal(all)
	if err != nil { // maps of texts and numbers always marshal
		panic(err)
	}
	return raw
}
