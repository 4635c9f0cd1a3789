package engine

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/uuid"

	"dewpoint/internal/model/storage"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

var fileHooks = hooks{create: prepareFile, created: admitFile}

// Space decides whether there is room for the bytes of a new file.
type Space interface {
	// Admit is Full or TooMany when there isn't; until release, which comes after the transaction's end, the room is kept.
	Admit(tx *store.Tx, file *schema.Record) (release func(), err error)
}

// Ask makes new files ask for space. It is called before the engine is used; without it nobody is asked, as where files are another server's.
func (e *Engine) Ask(s Space) { e.space = s }

// CreateFile is Create of a file whose bytes lie on the disk already, with the UUID that they are known by.
func (w *Write) CreateFile(id string, in schema.Input) (*schema.Record, error) {
	w.adopts = id
	defer func() { w.adopts = "" }()
	return w.Create("files", in)
}

// admitFile keeps the space that a new file announces until its row is there for all to see, or isn't made after all.
func admitFile(w *Write, r *schema.Record) error {
	if w.eng.space == nil || w.adopts != "" {
		return nil
	}
	release, err := w.eng.space.Admit(w.Tx, r)
	if err == nil {
		w.ended.add(release)
	}
	return err
}

func prepareFile(w *Write, r *schema.Record) error {
	r.Put("uuid", schema.TextValue(cmp.Or(w.adopts, uuid.NewString())))
	if r.Get("type").Text() == "" {
		r.Put("type", schema.TextValue(fileType(r.Get("name").Text())))
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
