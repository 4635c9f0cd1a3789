package schema

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"dewpoint/internal/errs"
)

// Field is one column of a table, with everything that is derived from it: storage, coercion, checks, what clients see.
// Fields are made by the constructors (String, Bool, Row …) and refined by the methods, which return the same field.
type Field struct {
	Name string
	Type Type
	// Ref names the table that a row or rows field leads to; empty for a polymorphic row, whose value is "table/key".
	Ref string
	// Among names the tables that a polymorphic row may lead to; empty where IsAnyTable.
	Among []string
	// Back is the column of the other table that points back here: for rows always, for a twin when it has one.
	Back string
	// Link is how a list of rows is reached that don't hold the key of this one.
	Link *Link
	// Long is the column beside a polymorphic row that says whether the client wrote it with "/v4/" in front; nil where clients don't write it.
	Long *Field
	// Bond ties the column to another row.
	Bond Bond
	// Enum lists the allowed values with their display labels; empty means any.
	Enum []EnumValue
	// DefaultValue is taken on create when the client gives nothing; null when there is none.
	DefaultValue Value
	// ElseValue is what clients see where the row has no value; null where they see that.
	ElseValue Value
	// Path makes the field a view of another column, as in "machine#status#running"; it has no column of its own.
	Path string

	IsRequired   bool // no row is without it
	IsFilled     bool // required, and made by the table's own code where clients leave it out
	IsUnique     bool // no two live rows have the same value
	IsIndexed    bool
	IsReadOnly   bool // written by controllers and hooks, ignored when clients send it
	IsCreateOnly bool // ignored on update
	IsSecret     bool // never shown: not in views, not by name, not in filters
	IsSealed     bool // secret text that the server reads again; it lies in the database sealed
	IsArgument   bool // left out of the view "most"
	IsSummary    bool // in the view "summary"
	IsHidden     bool // internal: no client sees it at all
	IsAnyTable   bool // polymorphic row: it may lead to any table that clients address
	IsCreator    bool // tells who made the row
	IsKey        bool // the row's key, which clients give when they make a row
	IsStaying    bool // list of rows that aren't deleted with this one
	IsVoid       bool // list of rows of a table that isn't built
	IsNamedText  bool // shown as text where a request names it, as its type says in views
	IsBlank      bool // always shown as null
	IsFirst      bool // reference: the table's first row where a row is made without one
	IsRandom     bool // text: drawn at random when the row is made without a value
	// ListTable and ListColumn say where the values that can be had stand: each row's column is a JSON list of some. Others are taken, too.
	ListTable, ListColumn string

	IsAnyCase bool // a value of the enum may be written in capitals
	IsAtStart bool // a change takes effect when the machine starts the next time
	OwnedSet  Set  // what an owned row is made with

	// NotBuilt holds the reason when the column can't be given another value yet, or none but those in Built; a write that asks for one is
	// answered with 501.
	NotBuilt string
	Built    []string

	SectionName string     // of a form
	Only        *Condition // while which the column counts; nil for always
	label       string

	UnitName    string
	DocText     string
	ExampleText string
	minLen      int
	maxLen      int
	min         *int64
	max         *int64
	match       *regexp.Regexp
	hint        string
}

// EnumValue is an allowed value and the words shown for it.
type EnumValue struct{ Value, Label string }

// Fields is the list of a table's columns, in the order in which views show them.
type Fields []*Field

// Required makes a create without the field an error, and so a change that takes its value away.
func (f *Field) Required() *Field { f.IsRequired = true; return f }

// Filled is Required for what the table's own code fills in when clients leave it out, which is an error only where it doesn't.
func (f *Field) Filled() *Field { f.IsFilled = true; return f.Required() }

// Unique refuses a second live row with the same value, as a Conflict.
func (f *Field) Unique() *Field { f.IsUnique, f.IsIndexed = true, true; return f }

// Indexed adds a database index; row references have one anyway.
func (f *Field) Indexed() *Field { f.IsIndexed = true; return f }

// ReadOnly marks what only controllers and hooks write.
func (f *Field) ReadOnly() *Field { f.IsReadOnly = true; return f }

// NotYet marks what clients may ask for and Dewpoint can't do yet; why tells the reason.
func (f *Field) NotYet(why string) *Field { f.IsReadOnly, f.NotBuilt = true, why; return f }

// OnlyYet marks a column that clients write, of whose values only these are built, or none at all beside the default; why tells the reason.
func (f *Field) OnlyYet(why string, built ...string) *Field {
	f.NotBuilt, f.Built = why, built
	return f
}

// CreateOnly marks what is fixed once the row exists.
func (f *Field) CreateOnly() *Field { f.IsCreateOnly = true; return f }

// Secret marks what goes in and never comes out.
func (f *Field) Secret() *Field { f.IsSecret = true; return f }

// Sealed marks a secret that the server must read again, so that no digest will do: what clients give is sealed when it is written, and
// texts of older versions when the server starts.
func (f *Field) Sealed() *Field { f.IsSecret, f.IsSealed = true, true; return f }

// Argument marks what the view "most" leaves out.
func (f *Field) Argument() *Field { f.IsArgument = true; return f }

// Summary puts the field into the view "summary".
func (f *Field) Summary() *Field { f.IsSummary = true; return f }

// Hidden keeps a column from every client.
func (f *Field) Hidden() *Field { f.IsHidden = true; return f }

// Via makes the field a read-only view of another column, as in "machine#status#running" or "$key".
func (f *Field) Via(path string) *Field { f.Path, f.IsReadOnly = path, true; return f }

// Random makes the store draw the text when a row is made without one: eight hexadecimal digits. Rows that are older than the column have none.
func (f *Field) Random() *Field { f.IsRandom = true; return f }

// ListedIn has forms offer the values in a column of another table, which is a JSON list in each row.
func (f *Field) ListedIn(table, column string) *Field {
	f.ListTable, f.ListColumn = table, column
	return f
}

// AnyCase takes the values of an enum in capitals, too, where a client is known to send them so.
func (f *Field) AnyCase() *Field { f.IsAnyCase = true; return f }

// AtStart marks what a running machine keeps as it was when it started: a change is taken, and waits for the next start.
func (f *Field) AtStart() *Field { f.IsAtStart = true; return f }

// Default sets the default for create; v is an int, bool, float64 or string.
func (f *Field) Default(v any) *Field { f.DefaultValue = f.constant(v); return f }

// Else sets what clients see while nothing is known, such as 0 of a counter that isn't read yet; v is as for Default. The row itself has no value.
func (f *Field) Else(v any) *Field { f.ElseValue = f.constant(v); return f }

func (f *Field) constant(v any) Value {
	switch v := v.(type) {
	case int:
		return IntValue(int64(v))
	case bool:
		return BoolValue(v)
	case float64:
		return RealValue(v)
	case string:
		return TextValue(v)
	}
	panic(fmt.Sprintf("schema: the constant %v of %s has no column type", v, f.Name))
}

// NamedText shows a number as text where a request names the column, and as a number in views: there are clients that read it one way, and
// clients that read it the other.
func (f *Field) NamedText() *Field { f.IsNamedText = true; return f }

// Most puts a forwarded column into the view "most".
func (f *Field) Most() *Field { f.IsArgument = false; return f }

// Blank shows the column as null, whatever it holds. Conditions see the value.
func (f *Field) Blank() *Field { f.IsBlank = true; return f }

// First lets a reference lead to the first row of its table where a row is made without it.
func (f *Field) First() *Field { f.IsFirst = true; return f }

// Len bounds the length of a text, in characters.
func (f *Field) Len(least, most int) *Field { f.minLen, f.maxLen = least, most; return f }

// Range bounds a number, ends included.
func (f *Field) Range(least, most int64) *Field { f.min, f.max = &least, &most; return f }

// Match demands that a text matches re, unless it is empty; hint tells the client in words what is wanted.
func (f *Field) Match(re *regexp.Regexp, hint string) *Field { f.match, f.hint = re, hint; return f }

// Unit sets the unit of a number: "MiB", "bytes", "seconds".
func (f *Field) Unit(unit string) *Field { f.UnitName = unit; return f }

// Doc sets the text that the generated documents show.
func (f *Field) Doc(doc string) *Field { f.DocText = doc; return f }

// Example sets a value that documents show where they need one.
func (f *Field) Example(value string) *Field { f.ExampleText = value; return f }

// Labels sets the display words of enum values, as pairs of value and label; values not named keep their capitalised selves.
func (f *Field) Labels(pairs ...string) *Field {
	for i := 0; i+1 < len(pairs); i += 2 {
		for j := range f.Enum {
			if f.Enum[j].Value == pairs[i] {
				f.Enum[j].Label = pairs[i+1]
			}
		}
	}
	return f
}

// Stored reports whether the field has a column of its own.
func (f *Field) Stored() bool { return f.Path == "" && f.Type.Storage() != NoColumn }

// Version is the number of changes of a row of a versioned table. No declaration has it and no client names it.
var Version = Int64("_version")

// Bounds returns the numeric range of the field where one is declared.
func (f *Field) Bounds() (least, most int64, ok bool) {
	if f.min == nil {
		return 0, 0, false
	}
	return *f.min, *f.max, true
}

// Lengths returns the length limits of a text in characters; 0 for most means none is declared.
func (f *Field) Lengths() (least, most int) { return f.minLen, f.maxLen }

// Parse reads a value that a client sent and checks it against the declaration; errors are of kind Invalid and name the field.
func (f *Field) Parse(raw json.RawMessage) (Value, error) {
	v, err := f.Type.Parse(f, raw)
	if err != nil || v.IsNull() {
		return v, err
	}
	return v, f.check(v)
}

// Show writes a value as replies show it: by the shape of the type.
func (f *Field) Show(v Value) json.RawMessage {
	switch {
	case v.IsNull():
		return json.RawMessage("null")
	case f.Type.Shape() == AsBool:
		return json.RawMessage(strconv.FormatBool(v.Bool()))
	case f.Type.Shape() == AsString, f.Type.Shape() == AsTime:
		raw, err := json.Marshal(f.text(v))
		if err != nil { // a Go string always marshals
			panic(err)
		}
		return raw
	}
	return json.RawMessage(v.Text())
}

// text is a value as text: of a moment the date and time.
func (f *Field) text(v Value) string {
	if f.Type.Shape() == AsTime {
		return time.Unix(v.Int(), 0).UTC().Format(time.DateTime)
	}
	return v.Text()
}

// invalid is the error of a value that doesn't fit.
func (f *Field) invalid(format string, args ...any) error {
	return errs.Field(f.Name, format, args...)
}
