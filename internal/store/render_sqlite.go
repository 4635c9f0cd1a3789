package store

import (
	"strconv"

	"dewpoint/internal/query"
	"dewpoint/internal/schema"
)

// sqliteDialect is SQLite from version 3.44 on, which has concat and string_agg.
type sqliteDialect struct{}

func (sqliteDialect) rowKey() string { return "INTEGER PRIMARY KEY AUTOINCREMENT" } // AUTOINCREMENT: a key is never given out twice

func (sqliteDialect) column(s schema.Storage) string {
	switch s {
	case schema.Integer:
		return "INTEGER"
	case schema.Float:
		return "REAL"
	}
	return "TEXT"
}

func (sqliteDialect) indexed(column string) string { return column }

func (sqliteDialect) mark(int) string { return "?" }

func (sqliteDialect) param(int, any) string { return "?" }

func (sqliteDialect) repeated(n int, _ any) string { return "?" + strconv.Itoa(n) }

func (sqliteDialect) listed(schema.Storage) string { return "SELECT value FROM json_each(?)" }

func (sqliteDialect) notSame() string { return "IS NOT" }

func (sqliteDialect) null() string { return "NULL" }

func (sqliteDialect) derived() string { return "" }

// nulls: they are less than everything.
func (sqliteDialect) nulls(bool) string { return "" }

// pieces is how many members one concat gets: a function takes a thousand arguments.
const pieces = 400

// members: concat was measured against json_object, the || operator, printf, and functions in Go, and is the fastest.
func (sqliteDialect) members(r *renderer, labels []string, cols []query.Column) {
	r.put("concat(")
	for i, c := range cols {
		if i > 0 && i%pieces == 0 {
			r.put("'') || concat(")
		}
		r.put(quoteText(labels[i]), ", ")
		r.json(c.Value)
		r.put(", ")
	}
	r.put("'}')")
}

// cells: the driver takes longer to hand over a cell than SQLite to join it to others.
func (sqliteDialect) cells(r *renderer, cols []query.Column) []member {
	r.object(cols)
	return nil
}

func (sqliteDialect) place() string { return "instr" }

// strict: SQLite compares whatever it is given.
func (sqliteDialect) strict() bool { return false }

// sortable: texts are compared by their bytes unless told otherwise.
func (sqliteDialect) sortable(r *renderer, n query.Node) { r.value(n) }

// limit: the number of rows stands in the statement itself, since SQLite makes a plan anew each time that another one, or the same, is bound.
func (sqliteDialect) limit(r *renderer, limit, offset int64) {
	if limit >= 0 || offset > 0 {
		r.put(" LIMIT ", strconv.FormatInt(limit, 10))
	}
	if offset > 0 {
		r.put(" OFFSET ")
		r.bind(offset)
	}
}

// number: json_quote writes reals as JSON has them; whole numbers become text by themselves, and whole reals are written as such.
func (sqliteDialect) number(r *renderer, n query.Node) {
	if n.Storage() == schema.Float {
		r.once(n, func(v func()) {
			r.put("CASE WHEN ")
			v()
			r.put(" BETWEEN -1e15 AND 1e15 AND ")
			v()
			r.put(" = CAST(")
			v()
			r.put(" AS INTEGER) THEN CAST(")
			v()
			r.put(" AS INTEGER) ELSE json_quote(")
			v()
			r.put(") END")
		})
		return
	}
	r.put("ifnull(")
	r.value(n)
	r.put(", 'null')")
}

func (sqliteDialect) text(r *renderer, n query.Node) {
	r.put("json_quote(")
	r.value(n)
	r.put(")")
}

func (sqliteDialect) document(r *renderer, n query.Node) {
	r.once(n, func(v func()) {
		r.put("CASE WHEN json_valid(")
		v()
		r.put(") THEN ")
		v()
		r.put(" ELSE 'null' END")
	})
}

func (sqliteDialect) matches(r *renderer, n query.Node, pattern schema.Value) {
	r.put("regexp(")
	r.bind(Pattern(pattern.Text()))
	r.put(", ")
	r.value(n)
	r.put(")")
}

func (sqliteDialect) tail(r *renderer, n query.Node, count int) {
	r.put("substr(")
	r.value(n)
	r.put(", -", strconv.Itoa(count), ")")
}

func (sqliteDialect) cast(r *renderer, n query.Node) {
	r.put("CAST(")
	r.value(n)
	r.put(" AS TEXT)")
}

func (sqliteDialect) refTable(r *renderer, ref *query.Cell) {
	r.put("substr(")
	r.cell(ref)
	r.put(", 1, instr(")
	r.cell(ref)
	r.put(", '/') - 1)")
}

func (sqliteDialect) refKey(r *renderer, ref *query.Cell, number bool) {
	r.behindSlash(ref, "instr", number, "CAST(", " AS INTEGER)")
}

func (sqliteDialect) aggregates(m *query.Many) ([2]string, bool) {
	around, ok := aggregates[m.Agg]
	return around, ok
}

// calls are the functions that take their argument once.
var calls = map[query.FuncName][2]string{
	query.FuncUpper: {"upper(", ")"}, query.FuncLower: {"lower(", ")"},
	query.FuncDatetime: {"datetime(", ", 'unixepoch')"},
	query.FuncMillis:   {"datetime(", " / 1000, 'unixepoch')"},
	query.FuncMicros:   {"datetime(", " / 1000000, 'unixepoch')"},
}

func (d sqliteDialect) call(r *renderer, f *query.Func) {
	if around, ok := calls[f.Name]; ok {
		r.put(around[0])
		r.value(f.Arg)
		r.put(around[1])
		return
	}
	switch {
	case f.Name == query.FuncDiskspace:
		d.diskspace(r, f.Arg)
	case f.Name == query.FuncSHA1:
		unlessNull(r, f.Arg, "sha1(", ")")
	case f.Arg.Storage() == schema.Integer:
		unlessNull(r, f.Arg, "printf('%x', ", ")")
	default:
		unlessNull(r, f.Arg, "lower(hex(", "))")
	}
}

// unlessNull writes a function that makes something of null, where null has to stay null.
func unlessNull(r *renderer, n query.Node, before, after string) {
	r.once(n, func(v func()) {
		r.put("CASE WHEN ")
		v()
		r.put(" IS NOT NULL THEN ", before)
		v()
		r.put(after, " END")
	})
}

// diskspace counts in whole numbers, so that every database cuts off the same decimals.
func (sqliteDialect) diskspace(r *renderer, n query.Node) {
	r.once(n, func(v func()) {
		r.put("CASE WHEN ")
		v()
		r.put(" < 1024 THEN printf('%d B', ")
		v()
		r.put(")")
		for i, unit := range []string{"KB", "MB", "GB", "TB", "PB"} {
			size := strconv.FormatInt(1<<(10*(i+1)), 10)
			r.put(" WHEN ")
			v()
			if unit == "PB" {
				r.put(" IS NOT NULL")
			} else {
				r.put(" < ", strconv.FormatInt(1<<(10*(i+2)), 10))
			}
			r.put(" THEN printf('%d.%02d ", unit, "', ")
			v()
			r.put(" / ", size, ", ")
			v()
			r.put(" % ", size, " * 100 / ", size, ")")
		}
		r.put(" END")
	})
}
