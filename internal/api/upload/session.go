package upload

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/renameio/v2"
	"github.com/google/uuid"

	"dewpoint/internal/errs"
	"dewpoint/internal/perm"
)

const (
	sessionEnding = ".session"
	infoEnding    = ".info" // of tusd's own notes
)

// session is what is kept of an upload beside tusd's own notes: whose it is, when it ends, and whether it has become a file. It lies
// in <id>.session from before the first byte until all else of the upload is gone.
type session struct {
	ID       string            `json:"id"`
	User     int64             `json:"user"`
	Size     int64             `json:"size"`
	Metadata map[string]string `json:"metadata"`
	Created  time.Time         `json:"created"`
	Expires  time.Time         `json:"expires"`
	Done     bool              `json:"done"`
}

func (s *session) expired(now time.Time) bool { return !now.Before(s.Expires) }

func notFound(id string) error {
	return errs.New(errs.NotFound, "upload_not_found", "there is no upload %q", id)
}

func (u *Uploads) path(id string) string { return filepath.Join(u.dir, id) }

// session reads an upload that the actor may see. One that has expired is only told to be so; Sweep removes it.
func (u *Uploads) session(a perm.Actor, id string) (*session, error) {
	if uuid.Validate(id) != nil { // never a path of somebody's choice
		return nil, notFound(id)
	}
	s, err := u.readSession(id)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, notFound(id)
	}
	if err != nil {
		return nil, err
	}
	if s.User != a.User && !a.Admin {
		return nil, notFound(id)
	}
	if s.expired(u.now()) && !s.Done {
		return nil, errs.New(errs.NotFound, "upload_expired", "upload %s expired at %s; begin anew", id, s.Expires.Format(time.RFC3339))
	}
	return s, nil
}

func (u *Uploads) readSession(id string) (*session, error) {
	raw, err := os.ReadFile(u.path(id) + sessionEnding)
	if err != nil {
		return nil, err
	}
	s := &session{}
	if err := json.Unmarshal(raw, s); err != nil {
		return nil, fmt.Errorf("reading the notes of upload %s: %w", id, err)
	}
	return s, nil
}

func (u *Uploads) writeSession(s *session) error {
	raw, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return renameio.WriteFile(u.path(s.ID)+sessionEnding, raw, 0o600)
}

// sessions reads all uploads, the oldest first.
func (u *Uploads) sessions() ([]*session, error) {
	entries, err := os.ReadDir(u.dir)
	if err != nil {
		return nil, fmt.Errorf("reading the folder for uploads: %w", err)
	}
	var list []*session
	for _, e := range entries {
		id, ok := strings.CutSuffix(e.Name(), sessionEnding)
		if !ok || uuid.Validate(id) != nil {
			continue
		}
		s, err := u.readSession(id)
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed meanwhile
		}
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	slices.SortFunc(list, func(a, b *session) int { return a.Created.Compare(b.Created) })
	return list, nil
}

// cutShort tells whether only the session is there of an upload that isn't done, and has been since before this start: its beginning or its
// removal was cut.
func (u *Uploads) cutShort(s *session) bool {
	_, err := os.Stat(u.path(s.ID) + infoEnding)
	session, statErr := os.Stat(u.path(s.ID) + sessionEnding)
	return !s.Done && errors.Is(err, fs.ErrNotExist) && statErr == nil && session.ModTime().Before(u.began)
}

// dropDrafts removes what writeSession had begun to write when a crash came.
func (u *Uploads) dropDrafts() error {
	drafts, err := filepath.Glob(filepath.Join(u.dir, ".*"+sessionEnding+"*"))
	if err != nil {
		return err
	}
	for _, draft := range drafts {
		info, err := os.Stat(draft)
		if err != nil || !info.ModTime().Before(u.began) {
			continue // it is being written now, or has got its name meanwhile
		}
		if err := os.Remove(draft); err != nil {
			return fmt.Errorf("removing what was left of the notes of an upload: %w", err)
		}
	}
	return nil
}

// remove drops all of an upload, its session last and tusd's notes first, so that what a crash leaves is known for what it is: see cutShort.
func (u *Uploads) remove(id string) error {
	for _, ending := range []string{infoEnding, "", sessionEnding} {
		if err := os.Remove(u.path(id) + ending); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("removing upload %s: %w", id, err)
		}
	}
	return nil
}
