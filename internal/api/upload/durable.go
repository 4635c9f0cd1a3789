package upload

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/tus/tusd/v2/pkg/filestore"
	"github.com/tus/tusd/v2/pkg/handler"

	"dewpoint/internal/errs"
	"dewpoint/internal/fileio"
	"dewpoint/internal/space"
)

// durable is tusd's file store whose answers survive a power loss: an offset is only told once the bytes before it are on disk.
type durable struct{ filestore.FileStore }

// NewUpload implements handler.DataStore.
func (d durable) NewUpload(ctx context.Context, info handler.FileInfo) (handler.Upload, error) {
	up, err := d.FileStore.NewUpload(ctx, info)
	if err != nil {
		return nil, full(err)
	}
	made, err := up.GetInfo(ctx)
	if err != nil {
		return nil, err
	}
	return durableUpload{up, made.Storage[filestore.StorageKeyPath]}, full(errors.Join(fileio.Sync(made.Storage[filestore.StorageKeyInfoPath]), fileio.Sync(d.Path)))
}

// GetUpload implements handler.DataStore.
func (d durable) GetUpload(ctx context.Context, id string) (handler.Upload, error) {
	up, err := d.FileStore.GetUpload(ctx, id)
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return nil, handler.ErrNotFound // the creation was cut off before its notes were whole, and so before a client heard of it
	}
	if err != nil {
		return nil, err
	}
	info, err := up.GetInfo(ctx)
	return durableUpload{up, info.Storage[filestore.StorageKeyPath]}, err
}

type durableUpload struct {
	handler.Upload
	path string
}

// WriteChunk implements handler.Upload. What arrived before an error is kept too.
func (d durableUpload) WriteChunk(ctx context.Context, offset int64, src io.Reader) (int64, error) {
	n, err := d.Upload.WriteChunk(ctx, offset, src)
	if syncErr := fileio.Sync(d.path); syncErr != nil {
		return 0, full(syncErr)
	}
	return n, full(err)
}

// errFull is what tusd is told when the disk is full; it gives the code back in its reply, which translate reads.
var errFull = handler.NewError("ERR_DISK_FULL", "disk full", http.StatusInsufficientStorage)

// typed gives an error of a full disk our words, where tusd is not between us and the client.
func typed(err error) error {
	if space.Lacks(err) {
		return errs.Wrap(err, errs.Full, "disk_full", "%s", errs.Ours(tusErrors["ERR_DISK_FULL"].Text))
	}
	return err
}

func full(err error) error {
	if space.Lacks(err) {
		return errFull
	}
	return err
}
