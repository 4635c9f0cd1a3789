package contract

import (
	"fmt"
	"testing"
	"time"

	"dewpoint/test/harness"
)

// start starts a server for a test that makes things on the host and deletes them again: before it stops, all of them must be gone.
func start(t *testing.T, args ...string) *harness.Server {
	t.Helper()
	s := harness.Start(t, args...)
	t.Cleanup(func() {
		instance := s.Instance()
		harness.Eventually(t, 30*time.Second, "the host is clean", func() (bool, string) {
			left := s.Traces(instance)
			return len(left) == 0, fmt.Sprint(left)
		})
	})
	return s
}
