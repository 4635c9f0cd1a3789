package harness

import (
	"testing"

	"golang.org/x/sync/errgroup"

	"dewpoint/internal/store/postgres/pgtest"
)

// StartShared starts a PostgreSQL and, all at the same moment, servers that share it. Each has a data directory of its own.
func StartShared(t testing.TB, count int) (*pgtest.Server, []*Server) {
	t.Helper()
	db := pgtest.Start(t)
	servers := make([]*Server, count)
	var starting errgroup.Group
	for i := range servers {
		servers[i] = newServer(t, dataDir(t), "--database", db.DSN())
		starting.Go(servers[i].start)
	}
	if err := starting.Wait(); err != nil {
		t.Fatal(err)
	}
	return db, servers
}
