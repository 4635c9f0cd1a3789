package engine

import (
	"dewpoint/internal/schema"
	"dewpoint/internal/seal"
	"dewpoint/internal/store"
)

// takeSealed takes out of a new row what must not be written as it is. It can be sealed once the row has its key.
func takeSealed(r *schema.Record) schema.Set {
	plain := schema.Set{}
	for i, f := range r.Table.Fields {
		if f.IsSealed && r.At(i).Text() != "" {
			plain[f.Name] = r.At(i)
			r.PutAt(i, schema.Value{})
		}
	}
	return plain
}

// sealInto writes what was taken out of a new row into it.
func (w *Write) sealInto(r *schema.Record, plain schema.Set) error {
	w.seal(r, plain)
	r.PutAll(plain)
	return w.tx.Change(r.Table.Name, r.Key, plain)
}

// seal seals those of the values for columns of the row that must not be written as they are.
func (w *Write) seal(r *schema.Record, set schema.Set) {
	for name, v := range set {
		if r.Table.Field(name).IsSealed && v.Text() != "" {
			set[name] = schema.TextValue(w.eng.secrets.Seal(r, name, v.Text()))
		}
	}
}

// sealPlain seals what older versions wrote as it was into a column, in deleted rows too.
func (e *Engine) sealPlain(tx *store.Tx, t *schema.Table, f *schema.Field) error {
	rows, err := tx.Find(t.Name, store.Everything(), store.Other(f.Name, schema.TextValue("")))
	if err != nil {
		return err
	}
	for _, r := range rows {
		secret := r.Get(f.Name).Text()
		if seal.Is(secret) {
			continue
		}
		sealed := schema.TextValue(e.secrets.Seal(r, f.Name, secret))
		if err := tx.Change(t.Name, r.Key, schema.Set{f.Name: sealed}); err != nil {
			return err
		}
	}
	return nil
}
