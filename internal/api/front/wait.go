package front

import (
	"math"
	"net/http"
	"strconv"
	"time"
)

// RetryAfter puts into a header when to try again, in whole seconds; nothing when wait is 0.
func RetryAfter(header http.Header, wait time.Duration) {
	if wait > 0 {
		header.Set("Retry-After", strconv.FormatInt(int64(math.Ceil(wait.Seconds())), 10))
	}
}
