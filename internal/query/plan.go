package query

import "dewpoint/internal/schema"

// Plan is a request resolved against the declarations: every name is a column, every value has its column's type, every row that is
// visited carries its guard. First the rows are found, in Find, in order and within the limit; then the reply is made of them, in Show.
type Plan struct {
	Table   *schema.Table
	Find    *Scope
	Where   Pred
	Order   []Order // ends with the key
	Limit   int64   // negative when there is none
	Offset  int64
	Show    *Scope
	Columns []Column
	// Versions are the versions of the row and of what is kept elsewhere of it; empty unless asked for.
	Versions []*Cell
	// Count asks how many rows there are to be found, beside those within the limit.
	Count bool
	// Timed says that the plan is of the moment at which it was made: the request speaks of now.
	Timed bool
	// Unknown are the names in fields that no column has, as "vnets.ip"; they are left out.
	Unknown []string
	// Missing names tables that paths lead through and that aren't declared; what lies behind them reads as null.
	Missing []string
	// Presumed is what the plan relies on; where it doesn't hold any more, rows would lack values.
	Presumed []Presumed
}

// Presumed says that all rows of a table lead, by a polymorphic column, to the tables of those names.
type Presumed struct {
	Table  *schema.Table
	Column *schema.Field
	Among  []string
}

// Among narrows the plan to the rows with one of the keys, of which there must be one.
func (p *Plan) Among(keys []schema.Value) {
	among := &Cmp{Left: &Cell{Src: p.Find.Root}, Op: OpIn, Right: keys}
	p.Where = &Joined{Args: []Pred{p.Where, among}}
}

// Flat reports whether finding takes the table alone in the order of its keys, so that one scope can do both.
func (p *Plan) Flat() bool {
	if len(p.Find.Joins) > 0 || len(p.Order) != 1 {
		return false
	}
	c, ok := p.Order[0].Value.(*Cell)
	return ok && c.Src == p.Find.Root && c.Field == nil && !c.Row
}

// Source is one occurrence of a table in a statement.
type Source struct {
	Table *schema.Table
	// For a joined source: the row is the one whose key stands in column Via of Parent, or the one with Parent's own key when Via is nil.
	Parent *Source
	Via    *schema.Field
	Guard  *Guard // nil when every row may be seen; the row counts as absent where it doesn't hold
}

// Scope is a row to begin with and the rows reached from it through references, parents before children.
type Scope struct {
	Root  *Source
	Joins []*Source
}

// Guard is a predicate over one row; the row is the root of its scope.
type Guard struct {
	Scope *Scope
	Pred  Pred
}

// Order is one thing to sort by.
type Order struct {
	Value Node
	Desc  bool
}

// Column is one member of the reply.
type Column struct {
	Name  string
	Value Node
}

// Node is a value of a plan: Cell, Else, Null, Empty, Func, Label, Text, Poly, Test, Object, Many.
type Node interface {
	// Shape is how the value is written in the reply.
	Shape() schema.Shape
	// Storage is what the value compares as; NoColumn when it can't be compared or sorted by.
	Storage() schema.Storage
}

// Cell is a stored column of a row, its key when Field is nil, or the number of the row when Row is set.
type Cell struct {
	Src   *Source
	Field *schema.Field
	Row   bool
}

// Else is a column of a row, or a constant where the row has no value; null where there is no row.
type Else struct {
	Of    *Cell
	Value schema.Value
}

// Long is the column that says in which form a client wrote the reference in c; nil where there is no such thing.
func (c *Cell) Long() *Cell {
	if c.Field == nil || c.Field.Long == nil {
		return nil
	}
	return &Cell{Src: c.Src, Field: c.Field.Long}
}

// Written is a polymorphic reference in the form that a client gave it: with "/v4/" in front where Long holds true.
type Written struct{ Ref, Long *Cell }

// Null is what lies behind a table that isn't declared, and what shows of a secret.
type Null struct{}

// Func is a function of one value; it is null where its argument is.
type Func struct {
	Name FuncName
	Arg  Node
}

// Label is the display text of an enum value: the value itself when the enum doesn't have it.
type Label struct {
	Arg  Node
	Enum []schema.EnumValue
}

// Text is a value as text.
type Text struct{ Arg Node }

// Poly is the value behind a reference: of one that is written as "table/key" that of the branch for the table, null when there is none;
// of one that holds a key that of its only branch.
type Poly struct {
	Ref      *Cell
	Branches []Branch
	shape    schema.Shape
	storage  schema.Storage
}

// Branch is the value as read from one table.
type Branch struct {
	Scope *Scope
	Value Node
}

// Test is a predicate as a value, true or false and never null.
type Test struct{ Pred Pred }

// Object is a row written out; null when the row is absent.
type Object struct {
	Src     *Source
	Columns []Column
}

// Many is what is made of the rows of a table that belong to Parent, in the order of their keys: those whose column Back holds its key, or those
// that rows between the two lead to. Of these the ones count that meet Keep.
type Many struct {
	Parent  *Source
	Scope   *Scope
	Back    *schema.Field // nil with Through
	Through *Between
	Guard   *Guard
	Keep    Pred // nil for all
	Agg     Aggregate
	Value   Node // of each row; for AggCount nil counts rows
}

// Between is the table whose rows lead by From to the row that a list belongs to, and by To to the rows of the list.
type Between struct {
	Table    *schema.Table
	From, To *schema.Field
}

// Empty is what is made of the rows of a table that isn't declared: the list, their number or a sum.
type Empty struct{ Agg Aggregate }

// Aggregate is what becomes of many values.
type Aggregate uint8

// The aggregates. A list is [] without rows; the first, the least, the greatest and the average are null; sum and count are 0.
const (
	AggList Aggregate = iota
	AggFirst
	AggCount
	AggSum
	AggAvg
	AggMin
	AggMax
)

// Pred is a resolved predicate: Const, Joined, Cmp or Sub.
type Pred interface{ pred() }

// Const holds always or never.
type Const bool

// Joined is predicates joined by and, or by or.
type Joined struct {
	Or   bool
	Args []Pred
}

// Cmp compares a value with constants of its own storage class. For OpIn there is at least one, and none is null. Fixed constants are the program's own and stand in the statement itself:
// SQLite makes a plan anew each time that a bound end of a range is given.
type Cmp struct {
	Left  Node
	Op    Op
	Right []schema.Value
	Fixed bool
}

// Sub holds where Left is the Value of one of the rows of Scope that meet Where. The rows don't depend on Left's.
type Sub struct {
	Left  Node
	Scope *Scope
	Value Node
	Where Pred
}

func (Const) pred()   {}
func (*Joined) pred() {}
func (*Cmp) pred()    {}
func (*Sub) pred()    {}

// Shape and Storage of the nodes.

func (c *Cell) Shape() schema.Shape {
	switch {
	case c.Field != nil:
		return c.Field.Type.Shape()
	case c.Storage() == schema.Integer:
		return schema.AsNumber
	}
	return schema.AsString
}

func (c *Cell) Storage() schema.Storage {
	switch {
	case c.Field != nil:
		return c.Field.Type.Storage()
	case c.Row:
		return schema.Integer
	}
	return c.Src.Table.Key.Storage()
}

func (e *Else) Shape() schema.Shape      { return e.Of.Shape() }
func (e *Else) Storage() schema.Storage  { return e.Of.Storage() }
func (*Written) Shape() schema.Shape     { return schema.AsString }
func (*Written) Storage() schema.Storage { return schema.Chars }
func (Null) Shape() schema.Shape         { return schema.AsString }
func (Null) Storage() schema.Storage     { return schema.Chars }
func (*Func) Shape() schema.Shape        { return schema.AsString }
func (*Func) Storage() schema.Storage    { return schema.Chars }
func (*Label) Shape() schema.Shape       { return schema.AsString }
func (*Label) Storage() schema.Storage   { return schema.Chars }
func (*Text) Shape() schema.Shape        { return schema.AsString }
func (*Text) Storage() schema.Storage    { return schema.Chars }
func (p *Poly) Shape() schema.Shape      { return p.shape }
func (p *Poly) Storage() schema.Storage  { return p.storage }
func (*Test) Shape() schema.Shape        { return schema.AsBool }
func (*Test) Storage() schema.Storage    { return schema.Integer }
func (*Object) Shape() schema.Shape      { return schema.AsJSON }
func (*Object) Storage() schema.Storage  { return schema.NoColumn }

func (e Empty) Shape() schema.Shape {
	if e.Agg == AggList {
		return schema.AsJSON
	}
	return schema.AsNumber
}

func (e Empty) Storage() schema.Storage {
	if e.Agg == AggList {
		return schema.NoColumn
	}
	return schema.Integer
}

func (m *Many) Shape() schema.Shape {
	switch m.Agg {
	case AggList:
		return schema.AsJSON
	case AggFirst, AggMin, AggMax:
		return m.Value.Shape()
	}
	return schema.AsNumber
}

func (m *Many) Storage() schema.Storage {
	switch m.Agg {
	case AggList:
		return schema.NoColumn
	case AggCount:
		return schema.Integer
	case AggAvg:
		return schema.Float
	}
	return m.Value.Storage()
}
