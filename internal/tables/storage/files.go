package storage

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/uuid"

	"dewpoint/internal/engine"
	"dewpoint/internal/held"
	"dewpoint/internal/model/storage"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// Space decides whether there is room for the bytes of a new file.
type Space interface {
	// Admit is Full or TooMany when there isn't; until release, which comes after the transaction's end, the room is kept.
	Admit(tx *store.Tx, file *schema.Record) (release func(), err error)
	// Empty completes a file of no bytes; ended is called after the transaction's end.
	Empty(tx *store.Tx, file *schema.Record) (ended func(), err error)
}

func fileHooks(space Space) engine.Hooks {
	return engine.Hooks{
		Create: prepareFile,
		Created: func(w *engine.Inside, r *schema.Record) error {
			if _, adopted := w.Inner["uuid"]; adopted || space == nil {
				return nil // its bytes are there
			}
			return admit(w, r, space)
		},
		Remove: func(w *engine.Inside, r *schema.Record) error {
			return held.File(w.Tx, r.Key.Int(), storage.FileCol.Name.Of(r).Text())
		},
	}
}

// admit keeps the space that a new file announces until its row is there for all to see, or isn't made after all.
func admit(w *engine.Inside, r *schema.Record, space Space) error {
	take := space.Admit
	if storage.FileCol.AllocatedBytes.Of(r).Int() == 0 {
		take = space.Empty
	}
	release, err := take(w.Tx, r)
	if err == nil {
		w.AtEnd(release)
	}
	return err
}

func prepareFile(_ *engine.Inside, r *schema.Record) error {
	if storage.FileCol.UUID.Of(r).IsNull() { // else the bytes came first, under this id
		storage.FileCol.UUID.Put(r, uuid.NewString())
	}
	if storage.FileCol.Type.Of(r).Text() == "" {
		storage.FileCol.Type.Put(r, fileType(storage.FileCol.Name.Of(r).Text()))
	}
	return nil
}

// fileType guesses a file's type from its name's ending.
func fileType(name string) string {
	ending := strings.ToLower(strings.TrimPrefix(filepath.Ext(name), "."))
	if ending != "" && slices.Contains(storage.FileTypes, ending) {
		return ending
	}
	return "unknown"
}
