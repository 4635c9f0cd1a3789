package store

import (
	"fmt"

	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
)

// Keep has the row with that key be as s says; columns that are so already aren't written, and then nobody is told of a change.
func Keep[S set, K key](tx *Tx, k K, s S) error {
	r, err := tx.Get(s.TableName(), keyValue(k))
	if err != nil {
		return err
	}
	return tx.keep(r, schema.Set(s))
}

func (tx *Tx) keep(r *schema.Record, s schema.Set) error {
	return tx.Change(r.Table.Name, r.Key, r.Changes(s))
}

// KeepFirst is Keep for the first row that meets the conditions, whose key it returns; where there is none it makes one.
func KeepFirst[S set](tx *Tx, s S, which ...Cond) (schema.Value, error) {
	found, err := tx.Find(s.TableName(), which...)
	if err != nil {
		return schema.Value{}, err
	}
	if len(found) == 0 {
		return Create(tx, s)
	}
	return found[0].Key, tx.keep(found[0], schema.Set(s))
}

// KeepTwin is Keep for a twin of the row of T with that key; see EnsureTwin.
func KeepTwin[T any, P Row[T], S set, K key](tx *Tx, k K, s S) error {
	var t T
	of := tx.table(P(&t).TableName())
	for _, f := range of.Fields {
		if f.Bond == schema.Twin && f.Ref == s.TableName() {
			twin, err := tx.EnsureTwin(f, keyValue(k))
			if err != nil {
				return err
			}
			return tx.keep(twin, schema.Set(s))
		}
	}
	panic(fmt.Sprintf("store: rows of %s have no twin in %s", of.Name, s.TableName()))
}

// CreateAs is Create of a row whose key is given, as those with names have it.
func CreateAs[S set, K key](tx *Tx, k K, s S) error {
	r := RecordOf(tx, s)
	r.Key = keyValue(k)
	_, err := tx.Create(r, nil)
	return err
}

// WriteOrCreate is Write, or CreateAs where the row isn't there.
func WriteOrCreate[S set, K key](tx *Tx, k K, s S) error {
	err := Write(tx, k, s)
	if errs.Is(err, errs.NotFound) {
		return CreateAs(tx, k, s)
	}
	return err
}
