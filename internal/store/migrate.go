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

// step is a change that the declarations alone can't express (a column renamed, rows moved, an index that is another now). Steps run in
// order, once, forward only, when all columns are there and before indexes are made.
type step struct {
	number int
	sql    []string
}

// steps is append-only: a number that was released never changes its meaning.
var steps = []step{
	{1, []string{`DROP INDEX IF EXISTS "vms_name"`, `DROP INDEX IF EXISTS "vms_uuid"`, `DROP INDEX IF EXISTS "vms_is_snapshot"`}}, // rows set aside
}

// migrate makes missing tables, columns and indexes, and runs the steps that this database hasn't seen. It may be run any number of times.
func (db *DB) migrate(ctx context.Context) error {
	tx, err := db.Write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := db.Dialect.Lock(ctx, tx); err != nil {
		return err
	}
	if err := db.migrateIn(ctx, tx); err != nil {
		return err
	}
	return tx.Commit()
}

// createSteps makes the table of the steps that were run.
const createSteps = `CREATE TABLE IF NOT EXISTS "_steps" ("number" INTEGER PRIMARY KEY)`

// migrateIn is migrate inside a transaction of the caller's.
func (db *DB) migrateIn(ctx context.Context, tx *sql.Tx) error {
	if err := db.Dialect.Prepare(ctx, tx); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, createSteps); err != nil {
		return err
	}
	for _, t := range append(slices.Clip(db.Schema.Tables()), changeLog) {
		if err := db.migrateTable(ctx, tx, t); err != nil {
			return fmt.Errorf("table %s: %w", t.Name, err)
		}
	}
	for _, s := range steps {
		if err := db.runStep(ctx, tx, s); err != nil {
			return fmt.Errorf("step %d: %w", s.number, err)
		}
	}
	for _, t := range db.Schema.Tables() {
		for _, text := range db.SQL.createIndexes(t) {
			if _, err := tx.ExecContext(ctx, text); err != nil {
				return fmt.Errorf("table %s: %s: %w", t.Name, text, err)
			}
		}
	}
	return nil
}

func (db *DB) runStep(ctx context.Context, tx *sql.Tx, s step) error {
	var seen int
	if err := tx.QueryRowContext(ctx, db.SQL.bind(`SELECT count(*) FROM "_steps" WHERE "number" = ?`), s.number).Scan(&seen); err != nil || seen > 0 {
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
	have, err := db.columns(ctx, tx, t.Name)
	if err != nil {
		return err
	}
	texts := []string{db.SQL.createTable(t)}
	if len(have) > 0 {
		texts = nil
		if t.Versioned() && !slices.Contains(have, schema.Version.Name) {
			texts = append(texts, fmt.Sprintf("ALTER TABLE %s ADD COLUMN %s", quote(t.Name), db.SQL.versionColumn()))
		}
		for _, f := range t.Fields {
			if f.Stored() && !slices.Contains(have, f.Name) {
				texts = append(texts, db.SQL.addColumn(t, f)...)
			}
		}
	}
	for _, text := range texts {
		if _, err := tx.ExecContext(ctx, text); err != nil {
			return fmt.Errorf("%s: %w", text, err)
		}
	}
	return nil
}

// columns lists the columns that a table has now; none when there is no such table.
func (db *DB) columns(ctx context.Context, tx *sql.Tx, table string) ([]string, error) {
	text, args := db.Dialect.Columns(table)
	rows, err := tx.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, rows.Err()
}

// createTable renders the CREATE TABLE of a declaration.
func (l SQL) createTable(t *schema.Table) string { return l.createShape(shapeOf(t)) }

// createShape renders the CREATE TABLE of a shape.
func (l SQL) createShape(s Shape) string {
	columns := make([]string, len(s.Columns))
	for i, c := range s.Columns {
		columns[i] = quote(c.Name) + " " + l.column(c.Storage)
		switch c.Name {
		case s.number():
			columns[i] = quote(c.Name) + " " + l.rowKey()
		case keyColumn:
			columns[i] += " NOT NULL UNIQUE"
		case deletedColumn:
			columns[i] += " NOT NULL DEFAULT 0"
		case schema.Version.Name:
			columns[i] = l.versionColumn()
		}
	}
	return fmt.Sprintf("CREATE TABLE %s (%s)", quote(s.Name), strings.Join(columns, ", "))
}

func (l SQL) versionColumn() string {
	return quote(schema.Version.Name) + " " + l.column(schema.Integer) + " NOT NULL DEFAULT 1"
}

func (l SQL) addColumn(t *schema.Table, f *schema.Field) []string {
	texts := []string{fmt.Sprintf("ALTER TABLE %s ADD COLUMN %s %s", quote(t.Name), quote(f.Name), l.column(f.Type.Storage()))}
	if !f.Default.IsNull() {
		texts = append(texts, fmt.Sprintf("UPDATE %s SET %s = %s", quote(t.Name), quote(f.Name), literal(f.Default)))
	}
	return texts
}

// createIndexes renders the indexes of a declaration. Those of a table that sets rows aside come twice: a request that says that it means
// the others reads the one without them, however many there are.
func (l SQL) createIndexes(t *schema.Table) []string {
	var texts []string
	live := quote(deletedColumn) + " = 0"
	index := func(unique, name, column string, where ...string) {
		if t.Tombstone && where == nil {
			where = []string{live} // the name of a deleted row is free again
		}
		text := fmt.Sprintf("CREATE %sINDEX IF NOT EXISTS %s ON %s (%s)", unique, quote(t.Name+"_"+name), quote(t.Name), l.indexed(quote(column)))
		if len(where) > 0 {
			text += " WHERE " + strings.Join(where, " AND ")
		}
		texts = append(texts, text)
	}
	if t.Tombstone { // few, and looked for all the time
		index("", "tombstones", keyColumn, quote(deletedColumn)+" <> 0")
	}
	if t.Aside != "" {
		index("", "main", keyColumn, quote(t.Aside)+" = 0")
	}
	for _, f := range t.Fields {
		switch {
		case !f.Stored() || !f.IsIndexed:
		case f.IsUnique && t.Aside != "":
			index("UNIQUE ", f.Name, f.Name, quote(t.Aside)+" = 0")
			index("", f.Name+"_all", f.Name)
		case f.IsUnique:
			index("UNIQUE ", f.Name, f.Name)
		default:
			index("", f.Name, f.Name)
		}
	}
	return texts
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
