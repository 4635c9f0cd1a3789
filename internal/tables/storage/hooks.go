// Package storage has the hooks of media files.
package storage

import "dewpoint/internal/engine"

// Hooks lists the hooks of the area by table.
func Hooks(space Space) map[string]engine.Hooks {
	return map[string]engine.Hooks{
		"files": fileHooks(space),
	}
}
