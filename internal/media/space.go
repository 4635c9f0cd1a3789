package media

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"dewpoint/internal/errs"
	"dewpoint/internal/model/storage"
	"dewpoint/internal/schema"
	"dewpoint/internal/space"
	"dewpoint/internal/store"
)

const (
	where = "the disk that holds the media"
	// patience is how long an unfinished file holds the space that it announced without a byte of it coming. Then the row and its bytes
	// stay, and the next chunk has to find room anew: nothing is lost by a clock that is wrong.
	patience = 7 * 24 * time.Hour
	// recheckBytes is how much of a chunk is written between two looks at the free space.
	recheckBytes = 32 << 20
)

// claims lists the unfinished files. It is a space.Source.
func (l *Library) claims(tx *store.Tx) (claims []space.Claim, err error) {
	rows, err := store.FindRows[storage.File](tx, store.Is(storage.FileCol.Complete, false))
	for _, row := range rows {
		if row.AllocatedBytes > 0 && !l.lapsed(row) {
			claims = append(claims, l.claim(row))
		}
	}
	return claims, err
}

func (l *Library) claim(row storage.File) space.Claim {
	return space.Claim{ID: row.UUID, Path: l.path(row), Bytes: row.AllocatedBytes, Owner: row.Creator, Where: where}
}

// lapsed reports whether nothing has come for so long that the space is others' again.
func (l *Library) lapsed(row storage.File) bool {
	last := time.Unix(max(row.Created, row.Modified), 0)
	if info, err := os.Stat(l.path(row)); err == nil && info.ModTime().After(last) {
		last = info.ModTime()
	}
	return time.Since(last) > patience
}

// Admit is Full when a file's bytes don't fit beside all that is announced, and TooMany when its creator has too many unfinished ones. Until
// release, which comes after the end of the transaction that makes the row, they are kept for it.
func (l *Library) Admit(tx *store.Tx, file *schema.Record) (release func(), err error) {
	var row storage.File
	row.Scan(file)
	return l.HoldIn(tx, l.claim(row))
}

// room refuses a chunk when the rest of its file doesn't fit, so that a client learns it before it has sent gigabytes.
func (l *Library) room(ctx context.Context, row storage.File) error {
	if !l.lapsed(row) {
		return l.Continue(l.claim(row))
	}
	release, err := l.Hold(ctx, l.claim(row))
	if err == nil {
		release()
	}
	return err
}

// writeError names the file, and tells a full disk from other failures.
func writeError(err error, path string) error {
	if err == nil {
		return nil
	}
	if space.Lacks(err) {
		return errs.Wrap(err, errs.Full, "disk_full", "the disk that holds the media is full; delete files or add space, then send the chunk again")
	}
	var p *os.PathError
	if errors.As(err, &p) {
		return err // names the file already
	}
	return fmt.Errorf("writing %s: %w", path, err)
}
