package errs_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"dewpoint/internal/errs"
)

func TestShown(t *testing.T) {
	t.Parallel()
	const hidden = "internal error; the server's log has the cause"
	full := errs.Wrap(errors.New("/secret/path"), errs.Full, "full", "the disk is full")
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"none":           {nil, ""},
		"typed":          {full, "the disk is full"},
		"typed, wrapped": {fmt.Errorf("drive 7: %w", full), "the disk is full"},
		"internal":       {errs.New(errs.Internal, "x", "qemu-img failed: /secret/path"), hidden},
		"untyped":        {errors.New("/secret/path"), hidden},
		"too late":       {fmt.Errorf("waiting for libvirt: %w", context.DeadlineExceeded), "the host did not answer in time"},
	} {
		if got := errs.Shown(c.err); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
