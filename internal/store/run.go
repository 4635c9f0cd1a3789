package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
)

// RowReader is what a Dialect is too whose driver reads rows in a shorter way than that of database/sql, which copies each cell twice.
type RowReader interface {
	// ReadRows runs a statement and calls f with the cells of each row as text, nil for null; they are valid only during the call. When nothing
	// was sent, since the connection is broken, the error is driver.ErrBadConn.
	ReadRows(ctx context.Context, conn *sql.Conn, text string, args []any, f func(cells [][]byte) error) error
}

// once runs a query once.
func (db *DB) once(ctx context.Context, pool *sql.DB, prepared *statementCache, q *Query, f func(json.RawMessage, string) error) error {
	args, done, err := db.dialect.Arguments(ctx, q.Args)
	if err != nil {
		return db.ended(ctx, err)
	}
	defer done()
	var refused error // by f
	each := q.rows(func(row json.RawMessage, version string) error {
		refused = f(row, version)
		return refused
	})
	if reader, ok := db.dialect.(RowReader); ok {
		err = db.read(ctx, reader, pool, q, args, each)
	} else {
		err = db.scan(ctx, pool, prepared, q, args, each)
	}
	if refused != nil {
		return refused
	}
	return db.ended(ctx, err)
}

// mostTries is how often a query is sent, if it has not got as far as the database: as often as database/sql does.
const mostTries = 3

// read runs a query on a connection by a RowReader.
func (db *DB) read(ctx context.Context, reader RowReader, pool *sql.DB, q *Query, args []any, each func([][]byte) error) (err error) {
	for range mostTries {
		if err = db.readBy(ctx, reader, pool, q, args, each); !errors.Is(err, driver.ErrBadConn) {
			break
		}
	}
	return err
}

func (db *DB) readBy(ctx context.Context, reader RowReader, pool *sql.DB, q *Query, args []any, each func([][]byte) error) error {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if len(q.presumed) > 0 {
		tx, err := conn.BeginTx(ctx, &db.snapshot)
		if err != nil {
			return err
		}
		defer tx.Rollback()
		if err := db.holds(ctx, tx, q.presumed); err != nil {
			return err
		}
	}
	return reader.ReadRows(ctx, conn, q.Text, args, each)
}

// scan runs a query by database/sql.
func (db *DB) scan(ctx context.Context, pool *sql.DB, prepared *statementCache, q *Query, args []any, each func([][]byte) error) error {
	stmt, err := prepared.get(ctx, pool, q.Text)
	if err != nil {
		return err
	}
	defer stmt.release()
	run := stmt.Stmt
	if len(q.presumed) > 0 {
		tx, err := pool.BeginTx(ctx, &db.snapshot)
		if err != nil {
			return err
		}
		defer tx.Rollback()
		if err := db.holds(ctx, tx, q.presumed); err != nil {
			return err
		}
		run = tx.StmtContext(ctx, stmt.Stmt)
	}
	rows, err := run.QueryContext(ctx, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	cells, into := make([]sql.RawBytes, len(columns)), make([]any, len(columns))
	texts := make([][]byte, len(columns))
	for i := range cells {
		into[i] = &cells[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		for i, c := range cells {
			texts[i] = c
		}
		if err := each(texts); err != nil {
			return err
		}
	}
	return rows.Err()
}
