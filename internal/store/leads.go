package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"dewpoint/internal/query"
	"dewpoint/internal/schema"
)

// errLeads is the end of a query, before its first row, whose plan relied on polymorphic columns leading to fewer tables than they do. What Leads
// says has grown by then.
var errLeads = errors.New("rows lead to tables that the plan doesn't have")

// leads are the tables to which polymorphic columns were seen to lead. They only grow; each query that relies on them looks whether they
// still hold, in its own snapshot.
type leads struct {
	mu sync.Mutex
	to map[*schema.Field][]string
}

// Leads lists tables that rows of t lead to by a polymorphic column, as far as that is known.
func (db *DB) Leads(_ *schema.Table, f *schema.Field) []string {
	db.leads.mu.Lock()
	defer db.leads.mu.Unlock()
	return db.leads.to[f]
}

// holds is errLeads unless what was presumed holds in the snapshot of a transaction.
func (db *DB) holds(ctx context.Context, tx *sql.Tx, presumed []query.Presumed) error {
	var moved error
	for _, p := range presumed {
		to, err := db.leadsNow(ctx, tx, p.Table, p.Column)
		if err != nil {
			return err
		}
		for _, name := range to {
			if !slices.Contains(p.Among, name) {
				db.leads.add(p.Column, name)
				moved = errLeads
			}
		}
	}
	return moved
}

func (l *leads) add(f *schema.Field, name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.to == nil {
		l.to = map[*schema.Field][]string{}
	}
	if known := l.to[f]; !slices.Contains(known, name) {
		l.to[f] = append(slices.Clone(known), name)
	}
}

// leadsNow finds the tables that a polymorphic column leads to. It jumps along the column's index from the first reference to one table to the
// first to the next, so that it looks at as many rows as there are such tables.
func (db *DB) leadsNow(ctx context.Context, tx *sql.Tx, t *schema.Table, f *schema.Field) (to []string, err error) {
	column, table := quote(f.Name), quote(t.Name)
	next := func(condition string) string {
		return fmt.Sprintf("(SELECT %s FROM %s WHERE %s ORDER BY %s LIMIT 1)", column, table, condition, db.sql.indexed(column))
	}
	// A reference is "table/key"; behind the slash comes the digit 0.
	place := db.sql.place() + "(r.v, '/')"
	text := "WITH RECURSIVE r(v) AS (SELECT " + next(column+" > ''") + " UNION ALL SELECT " +
		next(fmt.Sprintf("%s >= CASE WHEN %s > 1 THEN substr(r.v, 1, %[2]s - 1) ELSE r.v END || '0'", column, place)) +
		" FROM r WHERE r.v IS NOT NULL) SELECT v FROM r WHERE v IS NOT NULL"
	rows, err := tx.QueryContext(ctx, db.traced(text))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var reference string
		if err := rows.Scan(&reference); err != nil {
			return nil, err
		}
		name, _, _ := strings.Cut(reference, "/")
		to = append(to, name)
	}
	return to, rows.Err()
}
