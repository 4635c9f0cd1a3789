package storage

import "dewpoint/internal/schema"

// fileChunks declares which byte ranges of an unfinished file have arrived and lie safely on disk.
func fileChunks() *schema.Table {
	return &schema.Table{
		Name: "file_chunks", Title: "File chunk", Internal: true, Display: "file",
		Fields: schema.Fields{
			schema.Row("file", "files").Required(),
			schema.Int64("first").Doc("offset of the first byte"),
			schema.Int64("after").Doc("offset after the last byte"),
		},
	}
}
