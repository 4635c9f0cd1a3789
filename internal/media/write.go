package media

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"dewpoint/internal/errs"
	"dewpoint/internal/fileio"
	"dewpoint/internal/model/storage"
)

// blockBytes is how much of a chunk is in memory at a time.
const blockBytes = 256 << 10

// WriteAt writes a chunk of an unfinished file at offset off. Chunks may come in any order, overlap and run in parallel; when it returns
// nil the bytes survive a power loss, and with the last missing ones the row has become complete. Bytes beyond allocated_bytes are
// Invalid and never written: a reader that tells its length by a method Len and is too long is refused untouched, another one once its end
// shows. When r fails halfway, what came before is kept, and r's error returned. A file that is complete already is
// a Conflict, a full disk is Full.
func (l *Library) WriteAt(ctx context.Context, key, off int64, r io.Reader) error {
	row, err := l.row(ctx, key)
	if err != nil {
		return err
	}
	if err := admit(row, off, r); err != nil {
		return err
	}
	u, err := l.acquire(row)
	if err != nil {
		return err
	}
	defer l.release(u)
	room := func() error { return l.room(ctx, row) }
	if err := room(); err != nil {
		return err
	}
	n, err := copyAt(u.file, off, row.AllocatedBytes, r, room)
	if errs.Is(err, errs.Invalid) {
		return err
	}
	// The client may be gone by now; what it sent is still worth keeping.
	return errors.Join(err, u.commit(context.WithoutCancel(ctx), span{off, off + n}))
}

// admit refuses what can be refused before the first byte is read.
func admit(row storage.File, off int64, r io.Reader) error {
	if row.Complete {
		return errs.New(errs.Conflict, "file_complete", "file %q is complete; to replace its content, delete it and create it again", row.Name)
	}
	if off < 0 || off+max(lengthOf(r), 0) > row.AllocatedBytes {
		return beyond(row.AllocatedBytes)
	}
	return nil
}

func beyond(allocated int64) error {
	return errs.New(errs.Invalid, "beyond_end", "the chunk does not lie within the file's allocated_bytes (%d)", allocated).On("filepos")
}

// lengthOf returns how many bytes r holds, -1 when it doesn't say.
func lengthOf(r io.Reader) int64 {
	if r, ok := r.(interface{ Len() int }); ok {
		return int64(r.Len())
	}
	return -1
}

// copyAt writes r at off and returns how many bytes it wrote. It writes nothing at or behind end: a reader that holds more is an error. Now
// and then it asks whether there still is room.
func copyAt(f *os.File, off, end int64, r io.Reader, room func() error) (n int64, err error) {
	block := make([]byte, blockBytes)
	for {
		if n > 0 && n%recheckBytes == 0 {
			if err := room(); err != nil {
				return n, err
			}
		}
		size, readErr := fill(block, r)
		if off+n+int64(size) > end {
			return n, beyond(end)
		}
		if _, err := f.WriteAt(block[:size], off+n); err != nil {
			return n, writeError(err, f.Name())
		}
		n += int64(size)
		if errors.Is(readErr, io.EOF) {
			return n, nil
		}
		if errs.As(readErr) != nil {
			return n, readErr // whoever gave us the bytes has stopped
		}
		if readErr != nil {
			return n, errs.Wrap(readErr, errs.Malformed, "chunk_cut", "the chunk ended after %d bytes, which are kept; send the rest", n)
		}
	}
}

// fill reads until the block is full or r ends. Unlike io.ReadFull it returns r's own error, so that a request that was cut off (which net/http
// calls an unexpected EOF) can be told from one that ended.
func fill(block []byte, r io.Reader) (n int, err error) {
	for n < len(block) && err == nil {
		var read int
		read, err = r.Read(block[n:])
		n += read
	}
	return n, err
}

// upload is an unfinished file that chunks are being written to.
type upload struct {
	lib  *Library
	key  int64
	file *os.File
	uses int // guarded by lib.mu

	syncing sync.Mutex // held while a batch is brought to disk
	mu      sync.Mutex
	next    *batch // the batch that takes new chunks; nil when there is none. Guarded by mu
}

// acquire opens the file of an unfinished row, or shares it with the chunks that are under way.
func (l *Library) acquire(row storage.File) (*upload, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if u, ok := l.open[row.Key]; ok {
		u.uses++
		return u, nil
	}
	path := l.path(row)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, writeError(err, path)
	}
	if err := fileio.Sync(l.dir); err != nil {
		f.Close()
		return nil, fmt.Errorf("keeping the name of %s: %w", path, err)
	}
	u := &upload{lib: l, key: row.Key, file: f, uses: 1}
	l.open[row.Key] = u
	return u, nil
}

func (l *Library) release(u *upload) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if u.uses--; u.uses == 0 {
		delete(l.open, u.key)
		u.file.Close() // everything that counts was synced before
	}
}
