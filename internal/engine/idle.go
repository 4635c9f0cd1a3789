package engine

import "dewpoint/internal/schema"

// noteIdle notes which of the values that a client gave count for nothing, because the row doesn't meet the condition of their column. They are
// kept, for clients send whole rows, and switch what they are about off and on again. A value that says nothing, or the default, is not worth a word.
func (w *Write) noteIdle(r *schema.Record, given schema.Set) {
	for _, f := range r.Table.Fields {
		v, is := given[f.Name]
		if nothing := v.Text() == "" || v.Text() == "0" || v == f.DefaultValue; is && f.Only != nil && !nothing && !f.Only.Holds(r) {
			w.Idle = append(w.Idle, f)
		}
	}
}
