package load

import (
	"fmt"
	"math"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"dewpoint/internal/store/postgres/pgtest"
	"dewpoint/test/harness"
)

// sharedVMs is how many VMs the lists are picked from that both databases are asked for.
const sharedVMs = 8_000

// TestListsOnBothDatabases asks servers on SQLite and on PostgreSQL for the same lists of the same rows, in turns.
func TestListsOnBothDatabases(t *testing.T) {
	needsFlag(t)
	const rounds = 3
	embedded := harness.Start(t)
	buildCloud(t, embedded, sharedVMs)
	shared := onPostgres(t, embedded)
	settle(t, embedded)
	settle(t, shared)
	var one, other []float64
	for range rounds {
		one = append(one, runLists(t, embedded))
		other = append(other, runLists(t, shared))
	}
	slices.Sort(one)
	slices.Sort(other)
	ratio := other[rounds/2] / one[rounds/2]
	fmt.Printf("| 100 of 8,000 VMs, fields=most, filter and sort, SQLite / PostgreSQL | %.0f/s / %.0f/s | | |\n", one[rounds/2], other[rounds/2])
	figure(t, "the same lists, PostgreSQL ÷ SQLite", math.Round(ratio*100)/100, "×", ratio >= 0.7, "≥ 0.7 ×")
}

func runLists(t *testing.T, s *harness.Server) float64 {
	t.Helper()
	return runWrk(t, s.URL, wrkTime/2, []string{"Authorization: " + s.Table().Authorization}, lists()).perSecond
}

// onPostgres starts a server with the rows of another one in a PostgreSQL of its own.
func onPostgres(t *testing.T, from *harness.Server) *harness.Server {
	t.Helper()
	dsn := pgtest.Start(t).DSN()
	s := harness.Start(t, "--database", dsn)
	s.Stop()
	backup := filepath.Join(t.TempDir(), "backup")
	for _, args := range [][]string{{"backup", backup, "--data", from.Data}, {"restore", backup, "--data", s.Data, "--database", dsn}} {
		if out, err := exec.Command(harness.Binary(t), append([]string{"database"}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	s.Run()
	return s
}
