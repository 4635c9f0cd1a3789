package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"dewpoint/internal/schema"
)

// The columns that every table has besides the declared ones.
const (
	keyColumn     = "_key"
	rowColumn     = "_row"
	deletedColumn = "_deleted"
)

// step is a change that the declarations alone can't express (a column renamed, rows moved). Steps run in order, once, forward only.
type step struct {
	number int
	sql    []string
}

// steps is append-only: a number that was released never changes its meaning.
var steps = []step{}

// migrate makes missing tables, columns and indexes, and runs the steps that this database hasn't seen. It may be run any number of times.
func (db *DB) migrate(ctx context.Context) error {
	tx, err := db.Write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS "_steps" ("number" INTEGER PRIMARY KEY)`); err != nil {
		return err
	}
	for _, t := range db.Schema.Tables() {
		if err := db.migrateTable(ctx, tx, t); err != nil {
			return fmt.Errorf("table %s: %w", t.Name, err)
		}
	}
	for _, s := range steps {
		if err := runStep(ctx, tx, s); err != nil {
			return fmt.Errorf("step %d: %w", s.number, err)
		}
	}
	return tx.Commit()
}

func runStep(ctx context.Context, tx *sql.Tx, s step) error {
	var seen int
	if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM "_steps" WHERE "number" = ?`, s.number).Scan(&seen); err != nil || seen > 0 {
		return err
	}
	for _, text := range append(slices.Clone(s.sql), fmt.Sprintf(`INSERT INTO "_steps" VALUES (%d)`, s.number)) {
		if _, err := tx.ExecContext(ctx, text); err != nil {
			return err
		}
	}
	return nil
}

func (db *DB) migrateTable(ctx context.Context, tx *sql.Tx, t *schema.Table) error {
	have, err := db.Dialect.Columns(ctx, tx, t.Name)
	if err != nil {
		return err
	}
	texts := []string{createTable(t)}
	if len(have) > 0 {
		texts = nil
		for _, f := range t.Fields {
			if f.Stored() && !slices.Contains(have, f.Name) {
				texts = append(texts, addColumn(t, f)...)
			}
		}
	}
	for _, text := range append(texts, createIndexes(t)...) {
		if _, err := tx.ExecContext(ctx, text); err != nil {
			return fmt.Errorf("%s: %w", text, err)
		}
	}
	return nil
}

// createTable renders the CREATE TABLE of a declaration.
func createTable(t *schema.Table) string {
	columns := []string{quote(keyColumn) + " INTEGER PRIMARY KEY AUTOINCREMENT"} // AUTOINCREMENT: a key is never given out twice
	if t.Key != schema.NumberKey {
		columns = []string{quote(rowColumn) + " INTEGER PRIMARY KEY AUTOINCREMENT", quote(keyColumn) + " TEXT NOT NULL UNIQUE"}
	}
	if t.Tombstone {
		columns = append(columns, quote(deletedColumn)+" INTEGER NOT NULL DEFAULT 0")
	}
	for _, f := range t.Fields {
		if f.Stored() {
			columns = append(columns, quote(f.Name)+" "+columnType(f))
		}
	}
	return fmt.Sprintf("CREATE TABLE %s (%s)", quote(t.Name), strings.Join(columns, ", "))
}

func addColumn(t *schema.Table, f *schema.Field) []string {
	texts := []string{fmt.Sprintf("ALTER TABLE %s ADD COLUMN %s %s", quote(t.Name), quote(f.Name), columnType(f))}
	if !f.Default.IsNull() {
		texts = append(texts, fmt.Sprintf("UPDATE %s SET %s = %s", quote(t.Name), quote(f.Name), literal(f.Default)))
	}
	return texts
}

func createIndexes(t *schema.Table) []string {
	var texts []string
	for _, f := range t.Fields {
		if !f.Stored() || !f.IsIndexed {
			continue
		}
		unique, where := "", ""
		if f.IsUnique {
			unique = "UNIQUE "
		}
		if t.Tombstone {
			where = fmt.Sprintf(" WHERE %s = 0", quote(deletedColumn)) // the name of a deleted row is free again
		}
		texts = append(texts, fmt.Sprintf("CREATE %sINDEX IF NOT EXISTS %s ON %s (%s)%s",
			unique, quote(t.Name+"_"+f.Name), quote(t.Name), quote(f.Name), where))
	}
	return texts
}

func columnType(f *schema.Field) string {
	switch f.Type.Storage() {
	case schema.Integer:
		return "INTEGER"
	case schema.Float:
		return "REAL"
	}
	return "TEXT"
}

// quote makes an identifier; names come from declarations and never from clients.
func quote(name string) string { return `"` + name + `"` }

// literal writes a default of a declaration; it never sees a client's value.
func literal(v schema.Value) string {
	if v.Kind() == schema.Text {
		return "'" + strings.ReplaceAll(v.Text(), "'", "''") + "'"
	}
	return v.Text()
}
