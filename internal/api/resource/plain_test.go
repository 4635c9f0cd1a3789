package resource_test

import (
	"testing"

	"dewpoint/test/rig/v1"
	"dewpoint/test/sentences"
)

// TestDocumentIsPlain holds what people read of operations against what a machine can tell of good English.
func TestDocumentIsPlain(t *testing.T) {
	t.Parallel()
	faults, err := sentences.Document(v1.Start(t).As("").Get("/openapi.json").Body)
	v1.Must(t, err)
	for _, f := range faults {
		t.Error(f)
	}
}
