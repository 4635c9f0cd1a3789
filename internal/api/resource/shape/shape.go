// Package shape has what replies and paths of several areas have in common.
package shape

import (
	"path"
	"regexp"
	"strconv"
	"time"

	"dewpoint/internal/engine"
)

// UUID is how a path tells a UUID from a name; names that look like one are refused when a row is made.
var UUID = regexp.MustCompile(`^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$`)

// Key writes a row's key as ids are written.
func Key(key int64) string { return strconv.FormatInt(key, 10) }

// Stamp writes seconds since 1970 as this dialect has its times.
func Stamp(seconds int64) string { return time.Unix(seconds, 0).UTC().Format(time.RFC3339) }

// StampOrNil is Stamp for a time that may be none.
func StampOrNil(seconds *int64) *string {
	if seconds == nil || *seconds == 0 {
		return nil
	}
	text := Stamp(*seconds)
	return &text
}

// ISOPath names a file of the library so that it is found again by its UUID, and still ends in what clients look at.
func ISOPath(uuid, name string) string { return path.Join(uuid, name) }

// Jobs names the jobs that a write has begun.
func Jobs(w *engine.Write) []string {
	var ids []string
	for _, key := range w.Operations {
		ids = append(ids, Key(key))
	}
	return ids
}
