package block

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"os"

	"github.com/lima-vm/go-qcow2reader/image/qcow2"

	"dewpoint/internal/host/child"
)

// CreateOver makes a qcow2 image of size bytes that holds nothing of its own yet: all is read from the layer. The path must not exist. The layer isn't
// opened; its name in the new image is for people, since everybody who opens a disk is told the files beneath it.
func CreateOver(path, layer string, size int64) error { return createEmpty(path, layer, size) }

// Commit writes what the disk at path holds of its own into the first of the layers beneath it, all of which are given: that one then reads as the disk
// did. It may be repeated after a crash. Nobody may use the two meanwhile, and nothing else may build upon the first layer.
func Commit(ctx context.Context, path string, layers []string, size int64) error {
	return lendAll(append([]string{path}, layers...), func() error {
		name, files, err := stack(child.File{Path: path, At: outputPlace, Writable: true}, layers...)
		if err != nil {
			return err
		}
		_, err = qemuImg(ctx, cage(size, files...), nil, "commit", "-q", "-d", name)
		return err
	})
}

// Size reads from its header how many bytes a guest sees of a disk of ours, whatever lies beneath it.
func Size(path string) (int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	head := make([]byte, binary.Size(qcow2.HeaderFieldsV2{}))
	if _, err := io.ReadFull(f, head); err != nil {
		return 0, errors.Join(refused("has a qcow2 header that is cut off"), err)
	}
	var h qcow2.HeaderFieldsV2
	if err := binary.Read(bytes.NewReader(head), binary.BigEndian, &h); err != nil || !bytes.HasPrefix(head, []byte("QFI\xfb")) {
		return 0, errors.Join(refused("is no qcow2"), err)
	}
	return int64(h.Size), nil
}
