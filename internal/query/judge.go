package query

import (
	"strconv"
	"time"

	"dewpoint/internal/schema"
)

// Judge makes the plan of one statement that tells of each row which of the tests it meets: its members are "0", "1" and so on, true or false. Which
// must name nothing but columns of the table.
func Judge(s *schema.Schema, t *schema.Table, now time.Time, which Expr, tests []Expr) (*Plan, error) {
	root := func(*schema.Table) Expr { return which }
	p, err := Build(s, t, &AST{Fields: []Item{}, Limit: 1}, Options{Root: root, Now: now})
	if err != nil {
		return nil, err
	}
	b := &builder{schema: s, opt: Options{Now: now}, guards: map[*schema.Table]*Guard{}}
	for i, e := range tests {
		pred, err := b.predicate(spot{scope: p.Show, src: p.Show.Root}, e)
		if err != nil {
			return nil, err
		}
		p.Columns = append(p.Columns, Column{strconv.Itoa(i), &Test{pred}})
	}
	return p, nil
}
