// Package postgres opens a store in a PostgreSQL database, which any number of servers share. One transaction writes at a time, whichever
// server it runs in, so that what a transaction has read still holds when it commits, as in SQLite; any number read beside it.
//
// The database needs the encoding UTF8 and the extension pgcrypto, and the connection must lead to the server itself or to a pool that
// keeps sessions: advisory locks and LISTEN don't work through one that doesn't. Tables are made in the first schema of the search path.
package postgres

import (
	"bufio"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/jackc/pgx/v5/stdlib"

	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// readers bounds the connections that look rows up at the same time, and one on which a lock may be held.
const readers = 8 + 1

// cancelLimit is how long a server may take to stop a statement whose caller has gone, before the connection is closed.
const cancelLimit = 5 * time.Second

// readAhead is what is read at once of what the server has sent: it sends pieces of 8 KiB.
const readAhead = 32 << 10

// Open connects to the database that dsn names, as a URL or as key=value pairs, and brings it up to the declarations. The errors
// don't show the password.
func Open(ctx context.Context, dsn string, s *schema.Schema) (*store.DB, error) {
	config, err := configure(dsn)
	if err != nil {
		return nil, err
	}
	where, err := look(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("opening the database: %w", dialect{}.Classify(err))
	}
	c := pools(config, s)
	c.Feed = newFeed(config, where, s)
	db, err := store.New(ctx, c)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("opening the database: %w", err), c.Close())
	}
	return db, nil
}

// Attach opens the database to be read as it is; servers may be using it.
func Attach(ctx context.Context, dsn string, s *schema.Schema) (*store.DB, error) {
	config, err := configure(dsn)
	if err != nil {
		return nil, err
	}
	if _, err := look(ctx, config); err != nil {
		return nil, fmt.Errorf("opening the database: %w", dialect{}.Classify(err))
	}
	return store.Attach(pools(config, s)), nil
}

func pools(config *pgx.ConnConfig, s *schema.Schema) store.Config {
	limits := store.DefaultLimits()
	return store.Config{
		Pools: store.Pools{
			Read: pool(config, readers, map[string]string{"default_transaction_read_only": "on"}),
			// What scans is stopped by us; should we be gone, the server stops it by itself.
			Scan: pool(config, limits.MostScans(), map[string]string{
				"default_transaction_read_only": "on", "statement_timeout": strconv.FormatInt((limits.Export + time.Minute).Milliseconds(), 10),
			}),
			Write: pool(config, 1, nil),
		},
		SQL: store.PostgreSQL(), Dialect: dialect{}, Schema: s, Limits: limits,
		Snapshot: sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true},
	}
}

// goneWithin is how long PostgreSQL may take to end a connection that its client has closed.
const goneWithin = 3 * time.Second

// Users counts the connections that servers have to the database of dsn. Those of this process count too. A server that has just ended is waited for.
func Users(ctx context.Context, dsn string) (n int, err error) {
	config, err := configure(dsn)
	if err != nil {
		return 0, err
	}
	name := config.RuntimeParams["application_name"]
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return 0, fmt.Errorf("opening the database: %w", dialect{}.Classify(err))
	}
	defer conn.Close(context.WithoutCancel(ctx))
	for patience := time.NewTimer(goneWithin); ; {
		err = conn.QueryRow(ctx, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1 AND pid <> pg_backend_pid()`, name).Scan(&n)
		if err != nil || n == 0 {
			return n, err
		}
		select {
		case <-ctx.Done():
			return n, ctx.Err()
		case <-patience.C:
			return n, nil
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// configure reads the address and adds what the store relies on. What the caller has set of the time limits stays.
func configure(dsn string) (*pgx.ConnConfig, error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, errors.New("the address of the database can't be read; it looks like postgres://user:password@host:5432/name")
	}
	for name, value := range map[string]string{
		"application_name":                    "dewpoint",
		"statement_timeout":                   "30s", // of one statement; a client's regular expression can be slow
		"lock_timeout":                        "10s", // as long as SQLite waits for another writer
		"idle_in_transaction_session_timeout": "60s", // a server that hangs in a transaction must not stop the others
		// One whose host has gone is missed, and its locks are free, within half a minute.
		"tcp_keepalives_idle": "15", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "3",
	} {
		if _, given := config.RuntimeParams[name]; !given {
			config.RuntimeParams[name] = value
		}
	}
	for name, value := range map[string]string{
		"standard_conforming_strings": "on", "extra_float_digits": "1", "timezone": "UTC",
		// Rendered queries look rows up by their keys. It takes longer to compile one than to run it; and before a new table's statistics
		// are made, the planner takes it for tiny and would rather read all of it again for each row.
		"jit": "off", "enable_material": "off",
		// A list is planned in about the time that it runs, so one plan serves all values, as in SQLite.
		"plan_cache_mode": "force_generic_plan",
	} {
		config.RuntimeParams[name] = value
	}
	dialer := &net.Dialer{KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3}}
	config.DialFunc = dialer.DialContext // a server whose host has gone is missed within half a minute
	config.BuildFrontend = func(r io.Reader, w io.Writer) *pgproto3.Frontend {
		return pgproto3.NewFrontend(bufio.NewReaderSize(r, readAhead), w)
	}
	config.BuildContextWatcherHandler = func(c *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: c, DeadlineDelay: cancelLimit}
	}
	return config, nil
}

// Password returns the password by which dsn comes to the database, wherever libpq would find it; "" when there is none.
func Password(dsn string) string {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return ""
	}
	return config.Password
}

// look checks that the database will do, and returns a name for the place of our tables, which is the same for all servers that share it.
func look(ctx context.Context, config *pgx.ConnConfig) (string, error) {
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return "", err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var version int
	var encoding, place string
	err = conn.QueryRow(ctx, `SELECT current_setting('server_version_num')::int, current_setting('server_encoding'), coalesce(current_schema(), '')`).Scan(&version, &encoding, &place)
	switch {
	case err != nil:
		return "", err
	case version < 130000:
		return "", fmt.Errorf("the server has version %d.%d; PostgreSQL 13 or newer is needed", version/10000, version%10000)
	case encoding != "UTF8":
		return "", fmt.Errorf("the database has the encoding %s; make one with UTF8", encoding)
	case place == "":
		return "", errors.New("no schema of the search path exists; create one")
	}
	sum := sha256.Sum256([]byte(place)) // a channel's name has at most 63 bytes
	return "dewpoint_" + hex.EncodeToString(sum[:8]), nil
}

func pool(config *pgx.ConnConfig, size int, params map[string]string) *sql.DB {
	own := config.Copy()
	for name, value := range params {
		own.RuntimeParams[name] = value
	}
	db := stdlib.OpenDB(*own)
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(size)
	return db
}
