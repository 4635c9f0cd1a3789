package perm

import "dewpoint/internal/schema"

const (
	permissions = "permissions"
	everything  = "/" // the table of a grant on all tables
)

// Grants is what somebody holds: their identities, and in short which permissions those have. What is granted on single rows stays in the
// database; of it only the tables are known here. Nil holds nothing.
type Grants struct {
	identities []schema.Value
	whole      map[string]Rights // on all rows, by table
	rows       map[string]Rights // on some row, by table
}

// NewGrants sums up the rows of permissions that the identities have.
func NewGrants(identities []schema.Value, held []*schema.Record) *Grants {
	g := &Grants{identities: identities, whole: map[string]Rights{}, rows: map[string]Rights{}}
	for _, p := range held {
		table := p.Get("table").Text()
		if p.Get("row").Int() == 0 {
			g.whole[table] |= RightsIn(p)
		} else {
			g.rows[table] |= RightsIn(p)
		}
	}
	return g
}

// RightsIn reads the rights of a row of permissions.
func RightsIn(p *schema.Record) (set Rights) {
	for _, right := range All {
		if p.Get(right.String()).Bool() {
			set |= RightsOf(right)
		}
	}
	return set
}

// Whole returns the rights on all rows of a table; "/" stands for all tables.
func (g *Grants) Whole(table string) Rights {
	if g == nil {
		return 0
	}
	return g.whole[table] | g.whole[everything]
}

// on returns the rights that are held on some rows of a table.
func (g *Grants) on(table string) Rights {
	if g == nil {
		return 0
	}
	return g.rows[table]
}

// anywhere reports whether the right is held on anything at all.
func (g *Grants) anywhere(right Right) bool {
	if g == nil {
		return false
	}
	for _, tables := range []map[string]Rights{g.whole, g.rows} {
		for _, set := range tables {
			if set.Has(right) {
				return true
			}
		}
	}
	return false
}
