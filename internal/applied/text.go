package applied

import (
	"bytes"
	"encoding/json"

	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
)

// kept is one row in the text.
type kept struct {
	Key     any            `json:"key"`
	Columns map[string]any `json:"columns"`
}

// counts reports whether a column is a part of the wish: what people write is, counters and stamps aren't.
func counts(f *schema.Field) bool { return f.Stored() && !f.IsReadOnly }

// encode writes rows so that equal rows give equal texts.
func encode(t *schema.Table, list []*schema.Record) (string, error) {
	rows := make([]kept, len(list))
	for i, r := range list {
		rows[i] = kept{r.Key.Any(), map[string]any{}}
		for j, f := range t.Fields {
			if counts(f) && f.Name != t.Parent {
				rows[i].Columns[f.Name] = r.At(j).Any()
			}
		}
	}
	text, err := json.Marshal(rows)
	return string(text), err
}

// decode is the inverse of encode. Columns that are younger than the text have their defaults, and those that are gone are left out.
func decode(t *schema.Table, above schema.Value, text string) ([]*schema.Record, error) {
	var rows []kept
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.UseNumber()
	if err := d.Decode(&rows); err != nil {
		return nil, errs.Wrap(err, errs.Internal, "applied_rows", "the applied rows of %s can't be read; apply them again", t.Name)
	}
	list := make([]*schema.Record, len(rows))
	for i, row := range rows {
		r := schema.NewRecord(t)
		r.Key = value(t.Key.Storage(), row.Key)
		for j, f := range t.Fields {
			if !counts(f) {
				continue
			}
			if cell, written := row.Columns[f.Name]; written {
				r.PutAt(j, value(f.Type.Storage(), cell))
			} else {
				r.PutAt(j, f.DefaultValue)
			}
		}
		r.Put(t.Parent, above)
		list[i] = r
	}
	return list, nil
}

// value reads a cell as its column holds it.
func value(s schema.Storage, cell any) schema.Value {
	switch cell := cell.(type) {
	case string:
		return schema.TextValue(cell)
	case json.Number:
		n, err := cell.Int64()
		if s == schema.Integer && err == nil {
			return schema.IntValue(n)
		}
		f, _ := cell.Float64() // what encode wrote is a number
		return schema.RealValue(f)
	}
	return schema.Value{}
}
