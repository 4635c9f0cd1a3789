package store

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"dewpoint/internal/schema"
)

// Shape is a table as it lies in a database, or lay in one that was written down: it may be that of another version of the program.
type Shape struct {
	Name    string   `json:"name"`
	Columns []Column `json:"columns"`
}

// Column is a column of a Shape.
type Column struct {
	Name    string         `json:"name"`
	Storage schema.Storage `json:"storage"`
}

// shapeName is what tables and columns are called. Names of a shape that was read from a file become part of statements.
var shapeName = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,62}$`)

// check refuses what no version of the program has written.
func (s Shape) check() error {
	names := []string{s.Name}
	for _, c := range s.Columns {
		if c.Storage < schema.Integer || c.Storage > schema.Chars {
			return fmt.Errorf("column %q of table %q can't be read", c.Name, s.Name)
		}
		names = append(names, c.Name)
	}
	for _, name := range names {
		if !shapeName.MatchString(name) {
			return fmt.Errorf("%q is not the name of a table or a column", name)
		}
	}
	if len(s.Columns) == 0 || s.Columns[0].Name != keyColumn && s.Columns[0].Name != rowColumn || s.Columns[0].Storage != schema.Integer {
		return fmt.Errorf("table %q has no numbers", s.Name)
	}
	return nil
}

// number is the column that numbers the rows.
func (s Shape) number() string { return s.Columns[0].Name }

func (s Shape) columns() string {
	names := make([]string, len(s.Columns))
	for i, c := range s.Columns {
		names[i] = quote(c.Name)
	}
	return strings.Join(names, ", ")
}

// shapeOf is a table as its declaration has it; the column that numbers its rows is the first.
func shapeOf(t *schema.Table) Shape {
	columns := []Column{{numberColumn(t), schema.Integer}}
	if t.Key != schema.NumberKey {
		columns = append(columns, Column{keyColumn, schema.Chars})
	}
	if t.Tombstone {
		columns = append(columns, Column{deletedColumn, schema.Integer})
	}
	if t.Versioned() {
		columns = append(columns, Column{schema.Version.Name, schema.Integer})
	}
	for _, f := range t.Fields {
		if f.Stored() {
			columns = append(columns, Column{f.Name, f.Type.Storage()})
		}
	}
	return Shape{t.Name, columns}
}

// Shapes returns the declared tables as far as the database has them: in one that an older version has used, tables and columns may be
// missing.
func (tx *Tx) Shapes() (shapes []Shape, err error) {
	have, err := tx.db.columns(tx.ctx, tx.sql)
	if err != nil {
		return nil, tx.db.classify(err)
	}
	for _, t := range tx.db.Schema.Tables() {
		if len(have[t.Name]) == 0 {
			continue
		}
		s := shapeOf(t)
		s.Columns = slices.DeleteFunc(s.Columns, func(c Column) bool { return !slices.Contains(have[t.Name], c.Name) })
		shapes = append(shapes, s)
	}
	return shapes, nil
}

// Steps returns the numbers of the steps of migration that the database has seen.
func (tx *Tx) Steps() (steps []int, err error) {
	rows, err := tx.rows(`SELECT "number" FROM "_steps" ORDER BY "number"`)
	if err != nil {
		return nil, tx.db.classify(err)
	}
	defer rows.Close()
	for rows.Next() {
		var n int
		if err := rows.Scan(&n); err != nil {
			return nil, tx.db.classify(err)
		}
		steps = append(steps, n)
	}
	return steps, tx.db.classify(rows.Err())
}

// rowsPerRead bounds how long one statement of Rows takes: databases stop what takes long.
const rowsPerRead = 2000

// Rows calls f with the cells of each row of a table, in the order of their numbers. The slice is f's only during the call.
func (tx *Tx) Rows(s Shape, f func([]schema.Value) error) error {
	text := fmt.Sprintf("SELECT %s FROM %s WHERE %s > ? ORDER BY %[3]s LIMIT %d", s.columns(), quote(s.Name), quote(s.number()), rowsPerRead)
	cells, values, into := make([]any, len(s.Columns)), make([]schema.Value, len(s.Columns)), make([]any, len(s.Columns))
	for i := range cells {
		into[i] = &cells[i]
	}
	page := func(behind int64) (last int64, n int, err error) {
		rows, err := tx.rows(tx.db.sql.bind(text), behind)
		if err != nil {
			return 0, 0, tx.db.classify(err)
		}
		defer rows.Close()
		for rows.Next() {
			if err := rows.Scan(into...); err != nil {
				return 0, 0, tx.db.classify(err)
			}
			for i := range cells {
				values[i] = schema.ValueOf(cells[i])
			}
			if err := f(values); err != nil {
				return 0, 0, err
			}
			last = values[0].Int()
			n++
		}
		return last, n, tx.db.classify(rows.Err())
	}
	for last, n := int64(-1<<63), rowsPerRead; n == rowsPerRead; {
		var err error
		if last, n, err = page(last); err != nil {
			return fmt.Errorf("reading table %s: %w", s.Name, err)
		}
	}
	return nil
}
