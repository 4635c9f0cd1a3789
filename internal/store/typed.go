package store

import "dewpoint/internal/schema"

// Row is a generated struct that knows its table.
type Row[T any] interface {
	*T
	TableName() string
	Scan(*schema.Record)
}

// writable is a generated struct that knows how it differs from another one.
type writable[T any] interface {
	Row[T]
	Diff(old *T) schema.Set
	KeyValue() schema.Value
}

// set is a generated change of a row.
type set interface {
	~map[string]schema.Value
	TableName() string
}

// key is that of a row as its generated struct has it, or as records have it.
type key interface {
	int64 | string | schema.Value
}

func keyValue[K key](k K) schema.Value {
	switch k := any(k).(type) {
	case int64:
		return schema.IntValue(k)
	case string:
		return schema.TextValue(k)
	default:
		return any(k).(schema.Value)
	}
}

// RowOf is a record as its generated struct.
func RowOf[T any, P Row[T]](r *schema.Record) (t T) {
	P(&t).Scan(r)
	return t
}

// GetRow reads one live row, or with Everything any, into its generated struct; a missing one is NotFound.
func GetRow[T any, P Row[T], K key](tx *Tx, k K, conds ...Cond) (T, error) {
	var t T
	r, err := tx.Get(P(&t).TableName(), keyValue(k), conds...)
	if err == nil {
		t = RowOf[T, P](r)
	}
	return t, err
}

// FindRows reads the rows that meet all conditions into their generated structs, in the order of their keys.
func FindRows[T any, P Row[T]](tx *Tx, conds ...Cond) ([]T, error) {
	var t T
	found, err := tx.Find(P(&t).TableName(), conds...)
	if err != nil {
		return nil, err
	}
	rows := make([]T, len(found))
	for i, r := range found {
		rows[i] = RowOf[T, P](r)
	}
	return rows, nil
}

// Put makes the row old into now; what is the same isn't written.
func Put[T any, P writable[T]](tx *Tx, old, now T) error {
	return tx.Change(P(&old).TableName(), P(&old).KeyValue(), P(&now).Diff(&old))
}

// Write writes columns of the row with that key, as Tx.Change does.
func Write[S set, K key](tx *Tx, k K, s S) error {
	return tx.Change(s.TableName(), keyValue(k), schema.Set(s))
}

// Create makes a row with all that comes with it, and returns its key; columns that aren't given have their defaults.
func Create[S set](tx *Tx, s S) (schema.Value, error) { return tx.Create(RecordOf(tx, s), nil) }

// Insert makes a row alone, as Tx.Insert does.
func Insert[S set](tx *Tx, s S) (schema.Value, error) { return tx.Insert(RecordOf(tx, s)) }

// RecordOf makes a record that isn't stored yet.
func RecordOf[S set](tx *Tx, s S) *schema.Record {
	r := schema.NewRecord(tx.table(s.TableName()))
	r.PutAll(schema.Set(s))
	return r
}
