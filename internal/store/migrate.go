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
	of     string // the table that it is about, or table.column; where that isn't declared, there is nothing to do
}

// steps is append-only: a number that was released never changes its meaning.
var steps = []step{
	{1, []string{`DROP INDEX IF EXISTS "vms_name"`, `DROP INDEX IF EXISTS "vms_uuid"`, `DROP INDEX IF EXISTS "vms_is_snapshot"`}, "vms"}, // rows set aside
	// A NIC that was moved to another network could wish for an address that another has there: the older one keeps it.
	{2, []string{`UPDATE "machine_nics" SET "ip_reserved" = 0 WHERE "ip_reserved" = 1 AND EXISTS (SELECT 1 FROM "machine_nics" AS "older" WHERE
		"older"."vnet" = "machine_nics"."vnet" AND "older"."ipaddress" = "machine_nics"."ipaddress" AND "older"."ip_reserved" = 1
		AND "older"."_key" < "machine_nics"."_key")`}, "machine_nics"},
	{3, []string{`DROP INDEX IF EXISTS "vms_main"`}, "vms"}, // in PostgreSQL it was of no use for sorting
	// Drives stayed imports after their import, and kept their files from being deleted.
	{4, []string{`UPDATE "machine_drives" SET "media" = 'disk', "media_source" = NULL WHERE "media" IN ('import', 'clone') AND EXISTS
		(SELECT 1 FROM "machine_drive_status" AS "its" WHERE "its"."_key" = "machine_drives"."_key" AND "its"."ready" = 1)`}, "machine_drives"},
	{5, []string{`UPDATE "machine_drives" SET "preferred_tier" = '1' WHERE "preferred_tier" IS NULL`}, "machine_drives"}, // where they lie
	{6, append(wholeNumber("machine_stats", "total_cpu"), wholeNumber("machine_stats", "ram_pct")...), "machine_stats.total_cpu"},
	{7, []string{`UPDATE "tasks" SET "last_run" = NULL WHERE "last_run" = 0`}, "tasks.last_run"},
	{8, []string{`UPDATE "machine_status" SET "agent_guest_info" = NULL WHERE "agent_guest_info" = '[]'`}, "machine_status.agent_guest_info"},
	{9, []string{`UPDATE "nodes" SET "vsan_connected" = 1`}, "nodes.vsan_connected"},
	{10, []string{`UPDATE "users" SET "physical_access" = 1 WHERE "admin" = 1`}, "users.physical_access"},
	{11, []string{oneForm("vnet_addresses", "mac")}, "vnet_addresses.mac"},
	// Reservations could be for an address or a card that an older one has: that one keeps it.
	{12, []string{`UPDATE "vnet_addresses" SET "reserved" = 1 WHERE "type" = 'static' AND "mac" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM "vnet_addresses" AS "older"
		WHERE "older"."type" = 'static' AND "older"."vnet" = "vnet_addresses"."vnet" AND "older"."_key" < "vnet_addresses"."_key"
		AND ("older"."ip" = "vnet_addresses"."ip" OR "older"."mac" = "vnet_addresses"."mac"))`}, "vnet_addresses.reserved"},
}

// wholeNumber makes a column of whole numbers of one that held fractions.
func wholeNumber(table, column string) []string {
	t, now, was := quote(table), quote(column), quote("_was_"+column)
	return []string{
		fmt.Sprintf("ALTER TABLE %s RENAME COLUMN %s TO %s", t, now, was),
		fmt.Sprintf("ALTER TABLE %s ADD COLUMN %s BIGINT", t, now),
		fmt.Sprintf("UPDATE %s SET %s = CAST(round(%s) AS BIGINT)", t, now, was),
		fmt.Sprintf("ALTER TABLE %s DROP COLUMN %s", t, was),
	}
}

// oneForm writes the hardware addresses in a column in lower case with colons.
func oneForm(table, column string) string {
	digits := fmt.Sprintf("replace(replace(lower(%s), ':', ''), '-', '')", quote(column))
	pairs := make([]string, 6)
	for i := range pairs {
		pairs[i] = fmt.Sprintf("substr(%s, %d, 2)", digits, 2*i+1)
	}
	return fmt.Sprintf("UPDATE %s SET %s = %s WHERE length(%s) = 12", quote(table), quote(column), strings.Join(pairs, " || ':' || "), digits)
}

// migrate makes missing tables, columns and indexes, and runs the steps that this database hasn't seen. It may be run any number of times.
func (db *DB) migrate(ctx context.Context) error {
	tx, err := db.pools.Write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := db.dialect.Lock(ctx, tx); err != nil {
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
	if err := db.dialect.Prepare(ctx, tx); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, createSteps); err != nil {
		return err
	}
	if err := db.makeTables(ctx, tx); err != nil {
		return fmt.Errorf("making tables and columns: %w", err)
	}
	for _, s := range steps {
		if err := db.runStep(ctx, tx, s); err != nil {
			return fmt.Errorf("step %d: %w", s.number, err)
		}
	}
	if err := db.makeIndexes(ctx, tx); err != nil {
		return fmt.Errorf("making indexes: %w", err)
	}
	return nil
}

func (db *DB) runStep(ctx context.Context, tx *sql.Tx, s step) error {
	var seen int
	if err := tx.QueryRowContext(ctx, db.sql.bind(`SELECT count(*) FROM "_steps" WHERE "number" = ?`), s.number).Scan(&seen); err != nil || seen > 0 {
		return err
	}
	texts := slices.Clone(s.sql)
	table, column, one := strings.Cut(s.of, ".")
	if t := db.Schema.Table(table); t == nil || one && t.Field(column) == nil {
		texts = nil
	}
	for _, text := range append(texts, fmt.Sprintf(`INSERT INTO "_steps" VALUES (%d)`, s.number)) {
		if _, err := tx.ExecContext(ctx, text); err != nil {
			return err
		}
	}
	return nil
}

// makeTables makes the tables and columns that are missing. What is there is read by one statement and what is missing made by another, however many
// tables there are.
func (db *DB) makeTables(ctx context.Context, tx *sql.Tx) error {
	have, err := db.columns(ctx, tx)
	if err != nil {
		return err
	}
	var texts []string
	for _, t := range append(slices.Clip(db.Schema.Tables()), changeLog) {
		texts = append(texts, db.sql.missing(t, have[t.Name])...)
	}
	return execAll(ctx, tx, texts)
}

// columns returns the names of the columns that tables have now, by table.
func (db *DB) columns(ctx context.Context, tx *sql.Tx) (map[string][]string, error) {
	have := map[string][]string{}
	err := each(ctx, tx, db.dialect.Columns(), func(table, column string) { have[table] = append(have[table], column) })
	return have, err
}

// missing renders what makes a table that has those columns, or none, as it is declared.
func (l SQL) missing(t *schema.Table, have []string) (texts []string) {
	if len(have) == 0 {
		return []string{l.createTable(t)}
	}
	if t.Versioned() && !slices.Contains(have, schema.Version.Name) {
		texts = append(texts, fmt.Sprintf("ALTER TABLE %s ADD COLUMN %s", quote(t.Name), l.versionColumn()))
	}
	for _, f := range t.Fields {
		if f.Stored() && !slices.Contains(have, f.Name) {
			texts = append(texts, l.addColumn(t, f)...)
		}
	}
	return texts
}

// makeIndexes makes those whose names aren't there.
func (db *DB) makeIndexes(ctx context.Context, tx *sql.Tx) error {
	have := map[string]bool{}
	err := each(ctx, tx, db.dialect.Indexes(), func(_, name string) { have[name] = true })
	if err != nil {
		return err
	}
	var texts []string
	for _, t := range db.Schema.Tables() {
		for _, i := range db.sql.indexes(t) {
			if !have[i.name] {
				texts = append(texts, i.text)
			}
		}
	}
	return execAll(ctx, tx, texts)
}

// each calls f with each row of a query for two names.
func each(ctx context.Context, tx *sql.Tx, text string, f func(table, name string)) error {
	rows, err := tx.QueryContext(ctx, text)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var table, name string
		if err := rows.Scan(&table, &name); err != nil {
			return err
		}
		f(table, name)
	}
	return rows.Err()
}

// execAll runs statements without arguments as one.
func execAll(ctx context.Context, tx *sql.Tx, texts []string) error {
	if len(texts) == 0 {
		return nil
	}
	_, err := tx.ExecContext(ctx, strings.Join(texts, ";\n"))
	return err
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
	if !f.DefaultValue.IsNull() {
		texts = append(texts, fmt.Sprintf("UPDATE %s SET %s = %s", quote(t.Name), quote(f.Name), literal(f.DefaultValue)))
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
