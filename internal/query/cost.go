package query

import "dewpoint/internal/schema"

// Narrow reports whether the plan's cost is bounded by the declarations, however many rows there are and whatever the client sent: it
// looks single rows up by their keys or by unique columns, searches no text, and what it shows of each it finds by references and through no
// more than one list. Every other plan may have to look at all rows of its tables.
func (p *Plan) Narrow() bool {
	if !pins(p.Find.Root, p.Where) || !plainPred(p.Where) || !plainNodes(p.Columns, false) {
		return false
	}
	for _, o := range p.Order {
		if !plain(o.Value, false) {
			return false
		}
	}
	return plainJoins(p.Find) && plainJoins(p.Show)
}

// mostPinned is how many rows a narrow plan may ask for by their keys.
const mostPinned = 100

// pins reports whether a condition holds for a few rows at most, because it names their keys or unique values.
func pins(root *Source, p Pred) bool {
	switch p := p.(type) {
	case Const:
		return !bool(p)
	case *Joined:
		for _, a := range p.Args {
			if pins(root, a) != p.Or {
				return !p.Or // one of several that all hold is enough; of several of which one holds, each must pin
			}
		}
		return p.Or
	case *Cmp:
		c, ok := p.Left.(*Cell)
		if !ok || c.Src != root || p.Op != OpEq && (p.Op != OpIn || len(p.Right) > mostPinned) {
			return false
		}
		return c.Field == nil || c.Field.IsUnique && root.Table.Aside == "" // rows set aside share their names
	}
	return false
}

// searches are the operators whose cost depends on the client's text and on the length of the column's.
func searches(op Op) bool { return byName[op].Text }

func plainPred(p Pred) bool {
	switch p := p.(type) {
	case *Joined:
		for _, a := range p.Args {
			if !plainPred(a) {
				return false
			}
		}
	case *Cmp:
		return !searches(p.Op) && plain(p.Left, false)
	case *Sub: // rows that don't depend on this one, such as those that a right is held on
		return plainPred(p.Where) && plain(p.Value, false) && plainJoins(p.Scope)
	}
	return true
}

func plainJoins(s *Scope) bool {
	for _, j := range s.Joins {
		if !plainGuard(j.Guard) {
			return false
		}
	}
	return true
}

func plainGuard(g *Guard) bool {
	return g == nil || plainPred(g.Pred) && plainJoins(g.Scope)
}

func plainNodes(columns []Column, listed bool) bool {
	for _, c := range columns {
		if !plain(c.Value, listed) {
			return false
		}
	}
	return true
}

// plain reports whether a value takes no more than look-ups, and one list of rows that point at the row; listed says that it is part of such
// a list already.
func plain(n Node, listed bool) bool {
	switch n := n.(type) {
	case *Func:
		return n.Name != FuncSHA1 && plain(n.Arg, listed)
	case *Label:
		return plain(n.Arg, listed)
	case *Text:
		return plain(n.Arg, listed)
	case *Poly:
		for _, b := range n.Branches {
			if !plain(b.Value, listed) || !plainJoins(b.Scope) {
				return false
			}
		}
	case *Test:
		return plainPred(n.Pred)
	case *Object:
		return plainNodes(n.Columns, listed)
	case *Many:
		return !listed && indexed(n.Back) && (n.Keep == nil || plainPred(n.Keep)) && plainGuard(n.Guard) && plainJoins(n.Scope) && (n.Value == nil || plain(n.Value, true))
	}
	return true
}

// indexed reports whether rows are found by the column without a look at the others; a twin has none.
func indexed(f *schema.Field) bool { return f == nil || f.IsIndexed }
