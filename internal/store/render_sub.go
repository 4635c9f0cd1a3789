package store

import "dewpoint/internal/query"

// among writes the test whether a value is among those of other rows. The select names nothing of the statement around it.
func (r *renderer) among(s *query.Sub) {
	r.value(s.Left)
	root := s.Scope.Root
	a := r.name(root)
	r.nameAll(s.Scope.Joins)
	r.put(" IN (SELECT ")
	r.value(s.Value)
	r.put(" FROM ", quoteName(root.Table.Name), " ", a)
	r.joins(s.Scope)
	r.where(root, s.Where)
	r.put(")")
}

// referred writes the value of the row whose key a column holds.
func (r *renderer) referred(p *query.Poly, write func(query.Node)) {
	br := p.Branches[0]
	root := br.Scope.Root
	a := r.name(root)
	r.nameAll(br.Scope.Joins)
	r.put("(SELECT ")
	write(br.Value)
	r.put(" FROM ", quoteName(root.Table.Name), " ", a)
	r.joins(br.Scope)
	r.put(" WHERE ", a, `."_key" = `)
	r.cell(p.Ref)
	r.live(root)
	r.guard(root, root.Guard)
	r.put(")")
}
