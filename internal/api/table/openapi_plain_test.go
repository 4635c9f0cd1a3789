package table_test

import (
	"encoding/json"
	"testing"

	"dewpoint/internal/api/table"
	"dewpoint/internal/model"
	"dewpoint/test/sentences"
)

// TestDocumentIsPlain holds what people read of tables and requests against what a machine can tell of good English.
func TestDocumentIsPlain(t *testing.T) {
	t.Parallel()
	raw, err := json.Marshal(table.Document(model.Schema(), "test"))
	if err != nil {
		t.Fatal(err)
	}
	faults, err := sentences.Document(raw)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range faults {
		t.Error(f)
	}
}
