// Command gen writes docs/api: digests of the OpenAPI documents of both dialects, as a server gives them but for the version.
// It is run by `go generate ./internal/api/gen`.
package main

import (
	"log"
	"os"
	"path/filepath"

	"dewpoint/internal/api/resource"
	"dewpoint/internal/api/table"
	"dewpoint/internal/model"
)

//go:generate go run dewpoint/internal/api/gen ../../../docs/api

// The documents carry the dialects' numbers, so that they change only when the API does.
const tableVersion, resourceVersion = "26", "1"

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: gen folder")
	}
	tables, err := table.Document(model.Schema(), tableVersion).MarshalJSON()
	write("table-openapi.txt", tables, err)
	resources, err := resource.Document(resourceVersion)
	write("resource-openapi.txt", resources, err)
}

// write writes the digest of a document.
func write(name string, document []byte, err error) {
	var text []byte
	if err == nil {
		text, err = digest(document)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(os.Args[1], name), text, 0o644)
	}
	if err != nil {
		log.Fatalf("%s: %v", name, err)
	}
}
