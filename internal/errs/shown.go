package errs

import (
	"context"
	"errors"
)

// Hidden is what people read instead of an error that isn't theirs to read.
const Hidden = "internal error; the server's log has the cause"

// Public returns the typed error in err's chain whose text was written for people, or nil: anything else, and what is typed as Internal, may hold
// commands and paths, and is for the log. Whoever shows an error asks here.
func Public(err error) *Error {
	if e := As(err); e != nil && e.Kind != Internal {
		return e
	}
	return nil
}

// Shown returns what people may read of an error that didn't happen in a request of theirs: in a status row, in the progress of an operation.
func Shown(err error) string {
	switch e := Public(err); {
	case err == nil:
		return ""
	case e != nil:
		return e.Text
	case errors.Is(err, context.DeadlineExceeded):
		return "the host did not answer in time"
	}
	return Hidden
}
