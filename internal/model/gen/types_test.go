package main

import (
	"bytes"
	"os"
	"testing"

	"dewpoint/internal/model"
)

// TestTypesAreUpToDate holds what the UI's sources are checked against against the declarations.
func TestTypesAreUpToDate(t *testing.T) {
	t.Parallel()
	have, err := os.ReadFile("../" + typesFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, types(model.Schema())) {
		t.Errorf("%s is out of date: run go generate ./internal/model", typesFile)
	}
}
