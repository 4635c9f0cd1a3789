package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"io"
	"reflect"

	"modernc.org/libc"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// connector opens connections whose statements stop when their context ends. The driver's own stop only until they have given their first
// row: a search for the second one would go on to the end of the table, and the connection with it.
type connector struct{ driver.Connector }

// open makes a pool of such connections.
func open(dsn string, most int) (*sql.DB, error) {
	inner, err := sqlite.NewConnector(dsn)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector{inner})
	db.SetMaxOpenConns(most)
	db.SetMaxIdleConns(most)
	return db, nil
}

// Connect implements driver.Connector.
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	made, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	inner, ok := made.(driverConn)
	// The driver has no call for sqlite3_interrupt, so we need the handle that it keeps.
	handle := reflect.Indirect(reflect.ValueOf(made)).FieldByName("db")
	if !ok || handle.Kind() != reflect.Uintptr || handle.Uint() == 0 {
		made.Close()
		return nil, fmt.Errorf("the SQLite driver's %T isn't what we know", made)
	}
	return &conn{driverConn: inner, handle: uintptr(handle.Uint()), kept: newKept()}, nil
}

// driverConn is what the driver's connections can do.
type driverConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

type conn struct {
	driverConn
	handle uintptr // of the database connection, for SQLite
	kept   kept
}

// interrupt stops what the connection does. It may be called by any goroutine, while the connection is open.
func (c *conn) interrupt() {
	tls := libc.NewTLS() // not the connection's own, which is in use
	defer tls.Close()
	sqlite3.Xsqlite3_interrupt(tls, c.handle)
}

// stopWith has the connection interrupted when ctx ends. The function that it returns ends that, and waits for an interruption that is
// under way: it must not hit the next statement.
func (c *conn) stopWith(ctx context.Context) (end func()) {
	if ctx.Done() == nil {
		return func() {}
	}
	done := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(done)
		c.interrupt()
	})
	return func() {
		if !stop() {
			<-done
		}
	}
}

// QueryContext implements driver.QueryerContext.
func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	return c.rows(ctx, func() (driver.Rows, func(), error) {
		return c.query(context.WithoutCancel(ctx), query, args)
	})
}

// rows runs a query that ctx stops until its rows are closed.
func (c *conn) rows(ctx context.Context, query func() (found driver.Rows, free func(), err error)) (driver.Rows, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	end := c.stopWith(ctx)
	found, free, err := query()
	if err != nil {
		end()
		return nil, because(ctx, err)
	}
	return &rows{found, ctx, end, free}, nil
}

// because prefers the reason of the end of a context to what it brought about.
func because(ctx context.Context, err error) error {
	if err != nil && err != io.EOF && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// PrepareContext implements driver.ConnPrepareContext.
func (c *conn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	s, err := c.driverConn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	inner, ok := s.(driverStmt)
	if !ok {
		s.Close()
		return nil, errStatement(s)
	}
	return &stmt{inner, c}, nil
}

func errStatement(s driver.Stmt) error {
	return fmt.Errorf("the SQLite driver's %T isn't what we know", s)
}

type driverStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

type stmt struct {
	driverStmt
	conn *conn
}

// QueryContext implements driver.StmtQueryContext.
func (s *stmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	return s.conn.rows(ctx, func() (driver.Rows, func(), error) {
		found, err := s.driverStmt.QueryContext(context.WithoutCancel(ctx), args)
		return found, func() {}, err
	})
}

type rows struct {
	driver.Rows
	ctx  context.Context // of the query: a row is looked for as long as it lasts
	end  func()
	free func()
}

// Next implements driver.Rows.
func (r *rows) Next(into []driver.Value) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	return because(r.ctx, r.Rows.Next(into))
}

// Close implements driver.Rows.
func (r *rows) Close() error {
	r.end()
	defer r.free()
	return r.Rows.Close()
}
