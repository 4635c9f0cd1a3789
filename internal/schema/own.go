package schema

import "fmt"

// Own says whose rows are a user's own. A user lists, reads and changes them without any grant. The zero Own is nobody's.
type Own struct {
	By      string   // the column that holds the user's key; "$key" where the row is the user
	Make    bool     // a user also makes and deletes rows of their own
	Columns []string // that may be changed; nil for all that clients write
}

// IsUser reports whether rows of the table are users.
func (o Own) IsUser() bool { return o.By == keyPath }

// Bytes says what clients do with bytes that the rows of a table stand for.
type Bytes uint8

// The kinds of tables with bytes.
const (
	NoBytes   Bytes = iota
	SentBytes       // clients send and download them
	MadeBytes       // the program makes them, and the log tells who downloads them
	TextBytes       // they are the text in the column contents, and clients download them
)

// checkFacts refuses columns that the table's own facts name and that it doesn't have.
func checkFacts(t *Table) error {
	if f := t.Field(t.Own.By); t.Own.By != "" && !t.Own.IsUser() && (f == nil || !f.IsRow() || !f.Stored()) {
		return fmt.Errorf("rows of %s are somebody's own by the column %s, which is no reference to a user", t.Name, t.Own.By)
	}
	for _, name := range t.Own.Columns {
		if t.Field(name) == nil {
			return fmt.Errorf("users may change the column %s of their own rows of %s, which it does not have", name, t.Name)
		}
	}
	if f := t.Field(t.Queue); t.Queue != "" && (f == nil || !f.IsRow()) {
		return fmt.Errorf("operations about rows of %s stand in the queue of the column %s, which is no reference", t.Name, t.Queue)
	}
	for _, a := range t.Actions {
		if f := t.Field(a.By); a.By != "" && (f == nil || !f.Stored()) {
			return fmt.Errorf("the action %s of %s is asked for by the column %s, which it does not store", a.Name, t.Name, a.By)
		}
	}
	creators := 0
	for _, f := range t.Fields {
		if f.IsCreator {
			creators++
		}
	}
	if creators > 1 {
		return fmt.Errorf("table %s says %d times who made a row", t.Name, creators)
	}
	return nil
}

// Creator makes the column tell who made the row: a text has the user's name, a reference leads to the user, and to none where it was the
// program itself.
func (f *Field) Creator() *Field {
	f.IsCreator = true
	return f.ReadOnly()
}

// CreatorOf is the value of such a column for a user, whose key is 0 for the program itself.
func (f *Field) CreatorOf(user int64, name string) Value {
	switch {
	case !f.IsRow():
		return TextValue(name)
	case f.Ref != "" || user == 0:
		return RefValue(user)
	}
	return TextValue(f.Among[0] + "/" + IntValue(user).Text())
}
