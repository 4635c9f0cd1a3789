package operation

import (
	"strings"

	"dewpoint/internal/store"
)

// touch tells the controllers of what an operation was about, and of its queue, that it has ended: they may be waiting for that.
func touch(tx *store.Tx, paths ...string) {
	for _, path := range paths {
		name, text, _ := strings.Cut(path, "/")
		if t := tx.Schema().Table(name); t != nil {
			if key, ok := t.ReadKey(text); ok {
				tx.Touch(name, key)
			}
		}
	}
}
