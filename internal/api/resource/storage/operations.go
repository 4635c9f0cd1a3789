// Package storage has the operations on ISO images and their uploads.
package storage

import (
	"context"
	"io"
	"net/http"
	"time"

	"dewpoint/internal/api/resource/frame"
)

// Media keeps the bytes of the rows of files. It asks nobody's permission.
type Media interface {
	// Open opens a complete file. The caller closes it.
	Open(ctx context.Context, key int64) (content io.ReadSeekCloser, name string, modified time.Time, err error)
}

// Uploads serves resumable uploads of ISOs below a prefix.
type Uploads interface {
	Handler(prefix string, fail func(http.ResponseWriter, *http.Request, error), shape func(ctx context.Context, uuid string) (any, error)) http.Handler
}

type service struct {
	*frame.Server
	media   Media
	uploads Uploads
}

// Operations registers all operations of the area.
func Operations(on *frame.Server, m Media, u Uploads) {
	for _, add := range []func(*service){addISOs, addUploads} {
		add(&service{Server: on, media: m, uploads: u})
	}
}
