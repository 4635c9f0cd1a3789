package upload

import (
	"context"
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
	"dewpoint/internal/fileio"
	"dewpoint/internal/perm"
	"dewpoint/internal/space"
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
	Name     string            `json:"name"` // of the user then
	Size     int64             `json:"size"`
	Metadata map[string]string `json:"metadata"`
	Created  time.Time         `json:"created"`
	Expires  time.Time         `json:"expires"`
	Done     bool              `json:"done"`
	Ended    time.Time         `json:"ended,omitzero"` // when it became a file; zero where a crash came between
}

// expired reports whether an upload's time is over, as far as the clock can be believed. One that is said to begin in the future was made by a
// wrong clock, or is looked at by one.
func (u *Uploads) expired(s *session) bool {
	if u.clock.ahead(s.Created) {
		u.log.Warn("an upload has a start time in the future and is kept; check the clock", "upload", s.ID, "created", s.Created)
		return false
	}
	return u.clock.past(s.Expires)
}

// claim is the space that an upload has announced.
func (u *Uploads) claim(s *session) space.Claim {
	return space.Claim{ID: s.ID, Path: u.path(s.ID), Bytes: s.Size, Owner: s.Name, Where: "the disk that holds the uploads"}
}

// claims lists the uploads that are under way.
func (u *Uploads) claims() (claims []space.Claim, err error) {
	sessions, err := u.sessions()
	for _, s := range sessions {
		if !s.Done {
			claims = append(claims, u.claim(s))
		}
	}
	return claims, err
}

// has reports whether the bytes of an upload, none or some, lie where they arrive.
func (u *Uploads) has(id string) bool {
	_, err := os.Stat(u.path(id))
	return err == nil
}

// ended notes that an upload has become a file where a killed server didn't come to note it: its row is there, and its bytes have left.
func (u *Uploads) ended(ctx context.Context, s *session) error {
	if s.Done || u.has(s.ID) {
		return nil
	}
	_, err := u.lib.Find(ctx, s.ID)
	s.Done = err == nil
	if errs.Is(err, errs.NotFound) {
		err = notFound(s.ID)
	}
	return err
}

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
	if !s.Done && u.expired(s) {
		return nil, errs.New(errs.NotFound, "upload_expired", "upload %s expired at %s; start a new one", id, s.Expires.Format(time.RFC3339))
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
	u.notes.Lock()
	defer u.notes.Unlock()
	return typed(renameio.WriteFile(u.path(s.ID)+sessionEnding, raw, 0o600))
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
		if err != nil { // one that can't be read must not stop the others, nor everybody who asks for space
			u.log.Error("the record of an upload can't be read", "upload", id, "err", err)
			continue
		}
		list = append(list, s)
	}
	slices.SortFunc(list, func(a, b *session) int { return a.Created.Compare(b.Created) })
	return list, nil
}

// cutShort lists the uploads that aren't done and have no whole notes of tusd's. Before the first request these are the ones whose beginning or
// removal a crash cut off; later also those that are just beginning or going. No file's time tells these apart: clocks are set.
func (u *Uploads) cutShort() (cut map[string]bool, err error) {
	sessions, err := u.sessions()
	cut = map[string]bool{}
	for _, s := range sessions {
		cut[s.ID] = !s.Done && !u.noted(s.ID)
	}
	return cut, err
}

// noted reports whether tusd's notes of an upload are there. It writes them into their place: a crash leaves a part of them, but no byte had
// come by then. Where bytes have come they are kept, whatever the notes look like.
func (u *Uploads) noted(id string) bool {
	raw, err := os.ReadFile(u.path(id) + infoEnding)
	if err != nil || json.Valid(raw) {
		return !errors.Is(err, fs.ErrNotExist)
	}
	data, err := os.Stat(u.path(id))
	return err != nil && !errors.Is(err, fs.ErrNotExist) || err == nil && data.Size() > 0
}

// remove drops all of an upload, its session last and tusd's notes first, so that what a crash leaves is known for what it is: see cutShort.
func (u *Uploads) remove(id string) error {
	for _, ending := range []string{infoEnding, "", sessionEnding} {
		if err := fileio.Remove(u.path(id) + ending); err != nil {
			return fmt.Errorf("removing upload %s: %w", id, err)
		}
	}
	return nil
}
