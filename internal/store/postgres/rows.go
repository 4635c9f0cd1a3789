package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// asText asks for all cells as text: numbers stand in JSON as they do there.
var asText = pgx.QueryResultFormats{pgx.TextFormatCode}

// ReadRows implements store.RowReader. The driver keeps the statements of a connection prepared by their texts.
func (dialect) ReadRows(ctx context.Context, conn *sql.Conn, text string, args []any, f func(cells [][]byte) error) error {
	return conn.Raw(func(opened any) error {
		c, ok := opened.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("the connection is a %T", opened)
		}
		rows, err := c.Conn().Query(ctx, text, append([]any{asText}, args...)...)
		if err != nil {
			return broken(err)
		}
		defer rows.Close()
		for rows.Next() {
			if err := f(rows.RawValues()); err != nil {
				return err
			}
		}
		return broken(rows.Err())
	})
}

// broken says of an error that came before anything was sent that the connection is to blame.
func broken(err error) error {
	if err != nil && pgconn.SafeToRetry(err) {
		return errors.Join(driver.ErrBadConn, err)
	}
	return err
}
