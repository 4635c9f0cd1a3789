// Package quarantine keeps what lies in the data directory and no row stands for. A database may be lost or come back from an older copy, and
// then a sweep that removes what it doesn't know removes everything. So sweeps hand such things to Hold, which moves them into a folder of
// their own beside a note of what they are; a row of the table quarantine is made from the note, and made again when it is missing. They are
// removed when their time is over or somebody asks for it, and become files again when somebody asks for that.
package quarantine

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"github.com/google/uuid"

	"dewpoint/internal/store"
)

// folder is the name of the folders that hold what was found: one in the data directory, and one in each file system that is mounted below.
const folder = "quarantine"

// Keeper is the quarantine of one data directory. It is safe for concurrent use.
type Keeper struct {
	db   *store.DB
	data string
	log  *slog.Logger
	lib  Library
	now  func() time.Time
	mu   sync.Mutex // held while an entry is made or ended, so that a half-made one is a crash's
}

// Library takes in what becomes a file again.
type Library interface {
	// Adopt makes the file at path, which has the size of the row, the bytes of that row of files; it may be repeated.
	Adopt(ctx context.Context, key int64, path string) error
}

// New opens the quarantine of a data directory.
func New(db *store.DB, dataDir string, log *slog.Logger) *Keeper {
	return &Keeper{db: db, data: dataDir, log: log, now: time.Now}
}

// Restores names the library that takes files in. Call it before the first Reconcile.
func (k *Keeper) Restores(lib Library) { k.lib = lib }

// Thing is something that no row stands for.
type Thing struct {
	Kind string // one of system.Found…
	Path string // absolute, below the data directory
	Why  string // for people
}

// Hold moves a thing out of the way and puts it on record. A crash at any point leaves it where it was, or in quarantine with its note, which
// the next pass puts on record. What a program has locked, as QEMU locks the disks of its guest, stays and is a Conflict. An empty folder
// is removed. A thing that is gone is no error.
func (k *Keeper) Hold(ctx context.Context, t Thing) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	nothing, err := settled(t.Path)
	if err != nil || nothing {
		return err
	}
	e, err := k.enter(t)
	if err != nil {
		return fmt.Errorf("quarantining %s: %w", t.Path, err)
	}
	for _, step := range k.steps(ctx, e, t.Path) {
		if err := step(); err != nil {
			return fmt.Errorf("quarantining %s: %w", t.Path, err)
		}
	}
	return nil
}

// steps are what Hold does once it knows what the thing is. After each of them the program may end.
func (k *Keeper) steps(ctx context.Context, e entry, path string) []func() error {
	return []func() error{
		e.write,
		func() error { return e.take(path) },
		func() error { return k.record(ctx, e) },
	}
}

// enter makes out what a thing is and where it will lie.
func (k *Keeper) enter(t Thing) (entry, error) {
	at, err := filepath.Rel(k.data, t.Path)
	if err != nil {
		return entry{}, err
	}
	size, err := sizeOf(t.Path)
	if err != nil {
		return entry{}, err
	}
	top, err := k.top(t.Path)
	return entry{
		dir:  filepath.Join(top, folder, uuid.NewString()),
		note: note{Kind: t.Kind, Path: at, Why: t.Why, Size: size, Found: k.now().Unix()},
	}, err
}

// top is the highest folder, up to the data directory, on the same file system as path: within it a rename moves no bytes.
func (k *Keeper) top(path string) (string, error) {
	on, err := device(path)
	if err != nil {
		return "", err
	}
	dir := filepath.Dir(path)
	for dir != k.data {
		above, err := device(filepath.Dir(dir))
		if err != nil || above != on {
			return dir, err
		}
		dir = filepath.Dir(dir)
	}
	return dir, nil
}
