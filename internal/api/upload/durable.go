package upload

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"syscall"

	"github.com/tus/tusd/v2/pkg/filestore"
	"github.com/tus/tusd/v2/pkg/handler"
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
	return durableUpload{up, made.Storage[filestore.StorageKeyPath]}, full(errors.Join(syncFile(made.Storage[filestore.StorageKeyInfoPath]), syncFile(d.Path)))
}

// GetUpload implements handler.DataStore.
func (d durable) GetUpload(ctx context.Context, id string) (handler.Upload, error) {
	up, err := d.FileStore.GetUpload(ctx, id)
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
	if syncErr := syncFile(d.path); syncErr != nil {
		return 0, full(syncErr)
	}
	return n, full(err)
}

func syncFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// errFull is what tusd is told when the disk is full; it gives the code back in its reply, which translate reads.
var errFull = handler.NewError("ERR_DISK_FULL", "disk full", http.StatusInsufficientStorage)

func full(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return errFull
	}
	return err
}
