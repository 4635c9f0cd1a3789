package errs

import (
	"context"
	"errors"
)

// Shown returns what people may read of an error that didn't happen in a request of theirs: in a status row, in the progress of an operation.
// The text of a typed error was written for them. Anything else, and what is typed as Internal, may hold commands and paths: it is for the log.
func Shown(err error) string {
	switch e := As(err); {
	case err == nil:
		return ""
	case e != nil && e.Kind != Internal:
		return e.Text
	case errors.Is(err, context.DeadlineExceeded):
		return "the host did not answer in time"
	}
	return "internal error; the server's log has the cause"
}
