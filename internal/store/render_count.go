package store

import "dewpoint/internal/query"

// counted is found with the number of all rows that are to be found behind each row, so that rows and number are of one moment. It is there too when no row is
// within the limit: then the key of the row, which is the last cell, is null.
func (r *renderer) counted(p *query.Plan, row func()) {
	outer := r.name(p.Show.Root)
	r.nameAll(p.Show.Joins)
	r.put("SELECT ")
	row()
	r.put(", c.n, q.k FROM (SELECT count(*) AS n FROM ", quoteName(p.Table.Name), " ", r.name(p.Find.Root))
	r.nameAll(p.Find.Joins)
	r.joins(p.Find)
	r.where(p.Find.Root, p.Where)
	r.put(") c LEFT JOIN (")
	r.within(p)
	r.put(") q ON 1 = 1 LEFT JOIN ", quoteName(p.Table.Name), " ", outer, " ON ", outer, `."_key" = q.k`)
	r.joins(p.Show)
	r.orderBy("q.", p.Order)
}
