package block

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"

	"dewpoint/internal/errs"
	"dewpoint/internal/fileio"
	"dewpoint/internal/host/child"
)

// ours are words of qemu-img about what isn't the image's doing.
var ours = []string{
	"error while writing", "Could not create", "Permission denied", "Operation not permitted", "No such file", "Failed to get", "Failed to lock",
	"Cannot allocate memory", "Resource temporarily unavailable", "Too many open files", "Unknown driver", "unrecognized option",
}

// blame turns the failure of a qemu-img that read an image into errs.Invalid when it can only be the image's fault: the program ended by itself,
// it complains of nothing else, and the file's bytes can be read. (QEMU calls forged tables an input/output error, too.) Trying again would
// fail again. Whatever else happened may be over the next time.
func blame(ctx context.Context, image string, err error) error {
	var failed *child.Failure
	var exit interface{ Exited() bool } // an exec.ExitError
	if err == nil || ctx.Err() != nil || errs.As(err) != nil || !errors.As(err, &failed) || !errors.As(failed.Err, &exit) || !exit.Exited() {
		return err
	}
	if failed.Stderr == "" {
		return err
	}
	for _, words := range ours {
		if strings.Contains(failed.Stderr, words) {
			return err
		}
	}
	if !readable(ctx, image) {
		return err
	}
	return errs.Wrap(err, errs.Invalid, "image_damaged", "the image is damaged, or isn't what its header says; no disk can be made from it").On("media_source")
}

// readable reads the whole file.
func readable(ctx context.Context, path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	_, err = io.Copy(io.Discard, fileio.Reader(ctx, f))
	return err == nil
}
