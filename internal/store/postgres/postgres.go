// Package postgres opens a store in a PostgreSQL database, which any number of servers share.
package postgres

import (
	_ "github.com/jackc/pgx/v5"
	_ "github.com/jackc/pgx/v5/stdlib"
)
