package upload

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/google/uuid"

	"dewpoint/internal/fileio"
)

// setStraysAside puts bytes without a session into quarantine. A session is written before the first byte and removed after the last, so
// they are a crash's in a version before sessions, or somebody has taken the session away.
func (u *Uploads) setStraysAside(ctx context.Context) error {
	entries, err := os.ReadDir(u.dir)
	if err != nil {
		return fmt.Errorf("reading the folder for uploads: %w", err)
	}
	var failed []error
	for _, e := range entries {
		if uuid.Validate(e.Name()) != nil {
			continue
		}
		if _, err := os.Stat(u.path(e.Name()) + sessionEnding); errors.Is(err, fs.ErrNotExist) {
			failed = append(failed, u.setAside(ctx, e.Name()))
		}
	}
	return errors.Join(failed...)
}

// setAside puts the bytes of one upload away, and then tusd's note of them, which is worth nothing without.
func (u *Uploads) setAside(ctx context.Context, id string) error {
	if err := u.lib.SetAside(ctx, u.path(id)); err != nil {
		return err
	}
	if err := fileio.Remove(u.path(id) + ".info"); err != nil {
		return fmt.Errorf("removing the notes of upload %s: %w", id, err)
	}
	return nil
}
