package schema

import "cmp"

// Compare orders values as SQLite does: null, then numbers, then text by its bytes.
func (v Value) Compare(w Value) int {
	if a, b := v.class(), w.class(); a != b {
		return cmp.Compare(a, b)
	}
	switch {
	case v.kind == Text:
		return cmp.Compare(v.s, w.s)
	case v.kind == Int && w.kind == Int:
		return cmp.Compare(v.i, w.i)
	}
	return cmp.Compare(v.Real(), w.Real())
}

// class is where values of a kind stand among those of the others.
func (v Value) class() int {
	switch v.kind {
	case Null:
		return 0
	case Text:
		return 2
	}
	return 1
}
