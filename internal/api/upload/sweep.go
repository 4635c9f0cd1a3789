package upload

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/uuid"

	"dewpoint/internal/errs"
	"dewpoint/internal/fileio"
)

// Sweep removes uploads that have expired, and what a crash left of one that was just begun or being removed; it ends those that a crash kept from
// becoming files. Bytes that no upload stands for it sets aside. One that fails doesn't stop the others.
func (u *Uploads) Sweep(ctx context.Context) error {
	failed := []error{u.clock.look(), u.clearLeftovers(), u.setStraysAside(ctx)}
	sessions, err := u.sessions()
	if err != nil {
		return errors.Join(append(failed, err)...)
	}
	for _, s := range sessions {
		failed = append(failed, u.finish(ctx, s))
		if u.expired(s) || u.cut[s.ID] && !s.Done {
			failed = append(failed, u.cancel(ctx, s.ID))
		}
	}
	return errors.Join(failed...)
}

// finish ends an upload that a crash kept from becoming a file: the row of the file is there, so somebody was to be told that it is one.
func (u *Uploads) finish(ctx context.Context, s *session) error {
	if s.Done {
		return nil
	}
	key, err := u.lib.Find(ctx, s.ID)
	if errs.Is(err, errs.NotFound) { // it has not come that far
		return nil
	}
	if err == nil {
		err = u.adopt(ctx, s, key)
	}
	if err != nil {
		return fmt.Errorf("ending upload %s: %w", s.ID, err)
	}
	return nil
}

func (u *Uploads) adopt(ctx context.Context, s *session, key int64) error {
	unlock, err := u.lock(ctx, s.ID)
	if err != nil {
		return err
	}
	defer unlock()
	if err := u.lib.Adopt(ctx, key, u.path(s.ID)); err != nil {
		return err
	}
	s.Done = true
	return u.writeSession(s)
}

// finishCutShort ends, before the first request, the uploads that the last run had begun to make files of. What fails is tried again by Sweep.
func (u *Uploads) finishCutShort(ctx context.Context) error {
	sessions, err := u.sessions()
	if err != nil {
		return err
	}
	for _, s := range sessions {
		if err := u.finish(ctx, s); err != nil {
			u.log.Warn("an upload could not be turned into a file yet", "upload", s.ID, "err", err)
		}
	}
	return nil
}

// clearLeftovers removes the unfinished notes of a writer that was killed: renameio's files, which have the name of what they should become
// between a dot and a number, and tusd's notes of uploads that have no session.
func (u *Uploads) clearLeftovers() error {
	u.notes.Lock()
	defer u.notes.Unlock()
	entries, err := os.ReadDir(u.dir)
	if err != nil {
		return fmt.Errorf("reading the folder for uploads: %w", err)
	}
	var failed []error
	for _, e := range entries {
		if !u.leftover(e.Name()) {
			continue
		}
		u.log.Warn("removing the rest of an interrupted write", "file", e.Name())
		if err := fileio.Remove(filepath.Join(u.dir, e.Name())); err != nil {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// leftover reports whether a file is nobody's any more. A session is written before all else of an upload and removed after it.
func (u *Uploads) leftover(name string) bool {
	if hidden, ok := strings.CutPrefix(name, "."); ok {
		id, _, found := strings.Cut(hidden, sessionEnding)
		return found && uuid.Validate(id) == nil
	}
	for _, ending := range []string{infoEnding, ".lock"} {
		if id, ok := strings.CutSuffix(name, ending); ok && uuid.Validate(id) == nil {
			_, err := os.Stat(u.path(id) + sessionEnding)
			return errors.Is(err, fs.ErrNotExist)
		}
	}
	return false
}
