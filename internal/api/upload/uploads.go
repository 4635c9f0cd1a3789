// Package upload serves resumable uploads of ISO images: TUS 1.0.0 by tusd, with the replies that clients of the resource API know around
// it. Sessions and bytes lie in the data directory, so an upload goes on after a restart or a crash; finished ones become rows of files.
package upload

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/tus/tusd/v2/pkg/filestore"
	"github.com/tus/tusd/v2/pkg/handler"
	"github.com/tus/tusd/v2/pkg/memorylocker"
	tusslog "golang.org/x/exp/slog"

	"dewpoint/internal/api/front"
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/space"
)

const (
	// MaxBytes is the size that an upload may have.
	MaxBytes = 10 << 30
	// Life is how long after its beginning an upload is kept.
	Life = 24 * time.Hour

	sweepEvery = 10 * time.Minute
	lockWait   = 20 * time.Second
)

// Library takes finished uploads in.
type Library interface {
	// Count makes the claims of a source count whenever anybody asks for space.
	Count(source space.Source)
	// Hold keeps space for a claim until release; Full or TooMany when there is none.
	Hold(ctx context.Context, c space.Claim) (release func(), err error)
	// Continue is Full when the rest of an admitted claim doesn't fit any more.
	Continue(c space.Claim) error
	// Find returns the key of the row with the UUID, NotFound when there is none.
	Find(ctx context.Context, uuid string) (key int64, err error)
	// Adopt makes the file at path the bytes of a row; it may be repeated.
	Adopt(ctx context.Context, key int64, path string) error
	// SetAside puts the bytes at path, which nobody knows, into quarantine; one that is gone is no error.
	SetAside(ctx context.Context, path string) error
}

// Uploads is the uploads of one data directory. Each is seen by who began it and by administrators. It is safe for concurrent use.
type Uploads struct {
	eng   *engine.Engine
	lib   Library
	dir   string
	log   *slog.Logger
	clock *clock
	cut   map[string]bool // those that a crash left cut short before this start, by their ids
	pace  front.Pace      // of senders; zero for the usual one
	store durable
	notes sync.Mutex // held while a session is written: temporary files that are seen under it are leftovers
	// locker makes the requests to one upload wait for each other. One program serves a data directory, so it needs no lock files, which
	// would outlive a crash.
	locker *memorylocker.MemoryLocker
}

// New opens the uploads of the data directory dir, whose folder uploads is made when it isn't there. It must be on one file system
// with the library.
func New(ctx context.Context, eng *engine.Engine, lib Library, dir string, log *slog.Logger) (*Uploads, error) {
	u := &Uploads{eng: eng, lib: lib, dir: filepath.Join(dir, "uploads"), log: log, locker: memorylocker.New()}
	u.store = durable{filestore.FileStore{Path: u.dir, DirModePerm: 0o700, FileModePerm: 0o600}}
	if err := os.MkdirAll(u.dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the folder for uploads: %w", err)
	}
	var err error
	if u.cut, err = u.cutShort(); err != nil {
		return nil, err
	}
	if err := u.finishCutShort(ctx); err != nil {
		return nil, err
	}
	u.clock = newClock(filepath.Join(dir, "last-seen"), log)
	lib.Count(space.Listed(u.claims))
	return u, nil
}

// Run removes uploads that nobody can go on with, at once and now and then, until ctx ends.
func (u *Uploads) Run(ctx context.Context) {
	timer := time.NewTicker(sweepEvery)
	defer timer.Stop()
	for ctx.Err() == nil {
		if err := u.Sweep(ctx); err != nil && ctx.Err() == nil {
			u.log.Error("removing expired uploads failed", "err", err)
		}
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
	}
}

// cancel stops an upload and drops its bytes.
func (u *Uploads) cancel(ctx context.Context, id string) error {
	unlock, err := u.lock(ctx, id)
	if err != nil {
		return err
	}
	defer unlock()
	return u.remove(id)
}

// lock makes a request that is writing to the upload stop, and keeps others out until unlock.
func (u *Uploads) lock(ctx context.Context, id string) (unlock func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	l, err := u.locker.NewLock(id)
	if err != nil {
		return nil, err
	}
	if err := l.Lock(ctx, func() {}); err != nil {
		return nil, errs.Wrap(err, errs.Unavailable, "upload_locked", "another request is busy with upload %s; try again", id)
	}
	return func() { l.Unlock() }, nil // a memory lock always unlocks
}

// protocol makes tusd's handler for the uploads below a prefix.
func (u *Uploads) protocol(prefix string) *handler.UnroutedHandler {
	composer := handler.NewStoreComposer()
	composer.UseCore(u.store)
	composer.UseLocker(u.locker)
	h, err := handler.NewUnroutedHandler(handler.Config{
		StoreComposer: composer, BasePath: prefix, MaxSize: MaxBytes, DisableDownload: true,
		Cors:                    &handler.CorsConfig{Disable: true}, // the front answers for all of the program
		Logger:                  tusslog.New(tusslog.NewTextHandler(discard{}, nil)),
		PreUploadCreateCallback: announce,
	})
	if err != nil { // only a configuration that can't be, and this one is fixed
		panic(err)
	}
	return h
}

// discard drops tusd's log: the front writes a line for each request.
type discard struct{}

// Write implements io.Writer.
func (discard) Write(b []byte) (int, error) { return len(b), nil }

// writeBoth answers 200 in both shapes that clients read: the envelope, and its data's members beside it.
func writeBoth(w http.ResponseWriter, data map[string]any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Write(both(data)) // a client that has gone needs no answer
}
