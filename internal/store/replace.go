package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
)

// Replace puts other tables in the place of the database's, in one transaction: load brings them with their rows, in the shapes of the version
// that they were written down by, and they are then brought up to date as any old database; then may change rows, and has to change one. The
// tables that there were are kept by the name aside, where the database has room for them (Dialect.SetAside).
func (db *DB) Replace(ctx context.Context, aside string, load func(*Loader) error, then func(*Tx) error) error {
	return db.write(ctx, func(tx *Tx) error {
		if _, err := tx.exec(createSteps); err != nil {
			return err
		}
		names := []string{"_steps", changeLog.Name}
		for _, t := range db.Schema.Tables() {
			names = append(names, t.Name)
		}
		if err := db.dialect.SetAside(ctx, tx.sql, names, aside); err != nil {
			return db.classify(err)
		}
		if _, err := tx.exec(createSteps); err != nil {
			return err
		}
		l := &Loader{tx: tx}
		if err := load(l); err != nil {
			return err
		}
		if err := l.flush(); err != nil {
			return err
		}
		if err := db.migrateIn(ctx, tx.sql); err != nil {
			return fmt.Errorf("bringing the rows up to date: %w", db.classify(err))
		}
		if err := db.dialect.Loaded(ctx, tx.sql, names); err != nil {
			return db.classify(err)
		}
		if err := then(tx); err != nil {
			return err
		}
		last, err := tx.logChanges()
		if err != nil {
			return err
		}
		return tx.commit(last)
	})
}

// Loader takes the tables of a Replace.
type Loader struct {
	tx    *Tx
	shape Shape
	rows  int   // that wait to be written
	cells []any // of those
}

// Steps says which steps of migration the rows have seen. A step that this version doesn't know is Invalid.
func (l *Loader) Steps(numbers []int) error {
	for _, n := range numbers {
		if !slices.ContainsFunc(steps, func(s step) bool { return s.number == n }) {
			return errs.New(errs.Invalid, "newer", "the rows were written by a newer version of the program; use that version")
		}
		if _, err := l.tx.exec(`INSERT INTO "_steps" VALUES (?)`, n); err != nil {
			return err
		}
	}
	return nil
}

// Table begins a table.
func (l *Loader) Table(s Shape) error {
	if err := l.flush(); err != nil {
		return err
	}
	if err := s.check(); err != nil {
		return err
	}
	l.shape = s
	_, err := l.tx.exec(l.tx.db.sql.createShape(s))
	return err
}

// Row adds a row, whose cells have the order of the columns, to the table that was begun last.
func (l *Loader) Row(cells []schema.Value) error {
	if len(cells) != len(l.shape.Columns) {
		return fmt.Errorf("a row of table %s has %d cells instead of %d", l.shape.Name, len(cells), len(l.shape.Columns))
	}
	for i, c := range l.shape.Columns {
		v, _ := cellValue(c.Storage, cells[i])
		l.cells = append(l.cells, v.Any())
	}
	if l.rows++; (l.rows+1)*len(cells) > 4*entriesPerInsert {
		return l.flush()
	}
	return nil
}

// flush writes the rows that wait.
func (l *Loader) flush() error {
	if l.rows == 0 {
		return nil
	}
	row := "(" + marks(len(l.shape.Columns)) + "), "
	text := fmt.Sprintf("INSERT INTO %s (%s) VALUES %s", quote(l.shape.Name), l.shape.columns(), strings.TrimSuffix(strings.Repeat(row, l.rows), ", "))
	if _, err := l.tx.exec(text, l.cells...); err != nil {
		return fmt.Errorf("writing table %s: %w", l.shape.Name, err)
	}
	l.rows, l.cells = 0, l.cells[:0]
	return nil
}
