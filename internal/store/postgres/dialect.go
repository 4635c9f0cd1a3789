package postgres

import (
	"context"
	"database/sql"
	_ "embed"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

//go:embed functions.sql
var functions string

// dialect implements store.Dialect.
type dialect struct{}

// Lock implements store.Dialect. The lock goes with the transaction, after its changes can be seen.
func (dialect) Lock(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('dewpoint ' || current_schema(), 0))`)
	return err
}

// Prepare implements store.Dialect.
func (dialect) Prepare(ctx context.Context, tx *sql.Tx) error {
	// An index over many rows takes longer than a client may wait; the rest is not to be told of each thing that is there already.
	if _, err := tx.ExecContext(ctx, `SET LOCAL statement_timeout = 0; SET LOCAL client_min_messages = warning`); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, functions); err != nil {
		return fmt.Errorf("making our functions: %w", err)
	}
	return prepareSHA1(ctx, tx)
}

// prepareSHA1 wraps the function of pgcrypto, which may lie in a schema outside the search path.
func prepareSHA1(ctx context.Context, tx *sql.Tx) error {
	if _, err := tx.ExecContext(ctx, `CREATE EXTENSION IF NOT EXISTS pgcrypto`); err != nil {
		return fmt.Errorf("adding the extension pgcrypto, which an administrator can do by CREATE EXTENSION pgcrypto: %w", err)
	}
	var in string
	if err := tx.QueryRowContext(ctx, `SELECT extnamespace::regnamespace::text FROM pg_extension WHERE extname = 'pgcrypto'`).Scan(&in); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `CREATE OR REPLACE FUNCTION dewpoint_sha1(content text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
		SELECT encode(`+in+`.digest(convert_to(content, 'UTF8'), 'sha1'), 'hex')
	$$`)
	return err
}

// Arguments implements store.Dialect. The renderer has translated patterns already; the server itself stops what is cancelled.
func (dialect) Arguments(_ context.Context, args []any) (fitting []any, done func(), err error) {
	return args, func() {}, nil
}

// Columns implements store.Dialect. As the names in our statements do, it means the first schema of the search path that has the table.
func (dialect) Columns() string {
	return `SELECT t.relname::text, a.attname::text FROM pg_class t JOIN pg_attribute a ON a.attrelid = t.oid
		WHERE t.relkind IN ('r', 'p') AND pg_table_is_visible(t.oid) AND t.relnamespace <> 'pg_catalog'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped`
}

// Indexes implements store.Dialect.
func (dialect) Indexes() string {
	return `SELECT t.relname::text, i.relname::text FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
		WHERE pg_table_is_visible(t.oid) AND t.relnamespace <> 'pg_catalog'::regnamespace`
}

// Numbers implements store.Dialect: the sequences of identity columns.
func (dialect) Numbers() string {
	return `SELECT t.relname::text, coalesce(pg_sequence_last_value(s.oid), 0)
		FROM pg_class s JOIN pg_depend d ON d.objid = s.oid AND d.classid = 'pg_class'::regclass AND d.deptype = 'i' JOIN pg_class t ON t.oid = d.refobjid
		WHERE s.relkind = 'S' AND t.relnamespace = current_schema()::regnamespace`
}

// Renumber implements store.Dialect. A sequence keeps its number when the transaction is undone, which leaves a gap and nothing else.
func (dialect) Renumber(ctx context.Context, tx *sql.Tx, table, column string, last int64) error {
	_, err := tx.ExecContext(ctx, `SELECT setval(pg_get_serial_sequence($1, $2), $3)`, pgx.Identifier{table}.Sanitize(), column, last)
	return err
}

// SetAside implements store.Dialect: the tables go into a schema of that name, with their indexes and sequences.
func (dialect) SetAside(ctx context.Context, tx *sql.Tx, tables []string, aside string) error {
	name := pgx.Identifier{aside}.Sanitize()
	if _, err := tx.ExecContext(ctx, `SET LOCAL client_min_messages = warning; CREATE SCHEMA `+name); err != nil {
		return fmt.Errorf("making the schema %s, into which the present tables are moved: %w", aside, err)
	}
	for _, t := range tables {
		if _, err := tx.ExecContext(ctx, `ALTER TABLE IF EXISTS `+pgx.Identifier{t}.Sanitize()+` SET SCHEMA `+name); err != nil {
			return err
		}
	}
	return nil
}

// Loaded has statistics made of the tables. The server would make them by itself within a minute or two, in which it looks through whole tables for
// each row of another: with 8,000 VMs a controller's pass then takes longer than a statement may.
func (dialect) Loaded(ctx context.Context, tx *sql.Tx, tables []string) error {
	names := make([]string, len(tables))
	for i, t := range tables {
		names[i] = pgx.Identifier{t}.Sanitize()
	}
	_, err := tx.ExecContext(ctx, "ANALYZE "+strings.Join(names, ", "))
	return err
}
