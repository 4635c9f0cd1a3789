package schema

import (
	"regexp"
	"strconv"
)

// KeyKind is how the rows of a table are addressed.
type KeyKind uint8

// The kinds of keys. Nobody chooses a key but that of a named table, which is one of its own columns (KeyField): numbers are given out by
// the database, hashes (40 hex digits) and UUIDs (version 4) are drawn at random when the row is made. All but names are never given again
// after a delete.
const (
	NumberKey KeyKind = iota
	HashKey
	NameKey
	UUIDKey
)

// String returns the kind's name as documents have it.
func (k KeyKind) String() string { return [...]string{"number", "hash", "name", "uuid"}[k] }

// Random reports whether keys are drawn when a row is made.
func (k KeyKind) Random() bool { return k == HashKey || k == UUIDKey }

// Storage is how keys lie in the database.
func (k KeyKind) Storage() Storage {
	if k == NumberKey {
		return Integer
	}
	return Chars
}

// The texts of random keys.
var (
	hashKey = regexp.MustCompile(`^[0-9a-f]{40}$`)
	uuidKey = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
)

// Pattern returns the regular expression that texts of keys match, nil where the kind alone doesn't say.
func (k KeyKind) Pattern() *regexp.Regexp {
	switch k {
	case HashKey:
		return hashKey
	case UUIDKey:
		return uuidKey
	}
	return nil
}

// ReadKey reads the text of a key as paths and references have it; ok is false when no row of the table can have it. A row has one address,
// letter for letter: a number with a zero in front and hex digits in upper case are the keys of no row.
func (t *Table) ReadKey(text string) (key Value, ok bool) {
	switch t.Key {
	case NumberKey:
		n, err := strconv.ParseInt(text, 10, 64)
		return IntValue(n), err == nil && n > 0 && strconv.FormatInt(n, 10) == text
	case NameKey:
		return TextValue(text), text != ""
	}
	return TextValue(text), t.Key.Pattern().MatchString(text)
}

// ShowsKey reports whether the field is a view of the row's own key.
func (f *Field) ShowsKey() bool { return f.Path == keyPath && f.Bond != Twin }

// keyPath is the path of the row's own key.
const keyPath = "$key"

// keyName is what clients may call a row: a text that stands for itself in a path and in a reference of the form table/key.
var keyName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.:-]*$`)

// AsKey makes the field the key of a table keyed by name: clients give it when they make a row, and it never changes.
func (f *Field) AsKey() *Field {
	f.Path, f.IsKey, f.IsRequired, f.IsCreateOnly = keyPath, true, true, true
	return f.Len(1, 128).Match(keyName, "letters, digits and _, and behind the first character . : -")
}

// Writable reports whether clients write the column: when they make a row (create), or when they change one.
func (f *Field) Writable(create bool) bool {
	return !f.IsHidden && !f.IsReadOnly && (create || !f.IsCreateOnly) && (f.Stored() || f.Bond == Forwarded || f.IsKey)
}
