package engine

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/uuid"

	"dewpoint/internal/errs"
	"dewpoint/internal/model"
	"dewpoint/internal/schema"
)

var fileHooks = hooks{create: prepareFile, update: func(_ *Write, old *schema.Record, set schema.Set) error {
	if v, ok := set["name"]; ok && v.IsNull() {
		set["name"] = old.Get("name")
	}
	return nil
}}

func prepareFile(_ *Write, r *schema.Record) error {
	if r.Get("url").Text() != "" {
		return errs.New(errs.NotBuilt, "url_import_not_built", "files can't be fetched from a URL yet; create the file with allocated_bytes and PUT its bytes").On("url")
	}
	r.Put("uuid", schema.TextValue(uuid.NewString()))
	if r.Get("type").Text() == "" {
		r.Put("type", schema.TextValue(fileType(r.Get("name").Text())))
	}
	return nil
}

// fileType guesses a file's type from its name's ending.
func fileType(name string) string {
	ending := strings.ToLower(strings.TrimPrefix(filepath.Ext(name), "."))
	if ending != "" && slices.Contains(model.FileTypes, ending) {
		return ending
	}
	return "unknown"
}
