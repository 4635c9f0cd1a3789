package rig

import (
	"testing"

	"dewpoint/internal/model"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// Rule is one row of test_rules, a table that only tests have: rules of a network, which wait until they are applied.
type Rule struct {
	Key, Vnet, Port int64
	Name            string
}

// TableName returns "test_rules".
func (*Rule) TableName() string { return "test_rules" }

// Scan fills r from a record of test_rules.
func (r *Rule) Scan(rec *schema.Record) {
	*r = Rule{Key: rec.Key.Int(), Vnet: rec.Get("vnet").Int(), Port: rec.Get("port").Int(), Name: rec.Get("name").Text()}
}

// WithRules opens the database of a directory with test_rules beside the declared tables. More columns may be added to it.
func WithRules(t testing.TB, dir string, more ...*schema.Field) *store.DB {
	t.Helper()
	rules := &schema.Table{
		Name: "test_rules", Title: "Test rule", LogType: "vnet", Doc: "A table that only tests have.", Parent: "vnet", Pending: "need_fw_apply",
		Fields: schema.Fields{
			schema.Row("vnet", "vnets").Required().CreateOnly().Summary(),
			schema.String("name").Required().Summary(),
			schema.Uint16("port").Summary(),
			schema.Num("weight"),
			schema.Uint64("packets").ReadOnly(),
			schema.Modified("modified"),
		},
	}
	rules.Fields = append(rules.Fields, more...)
	tables := model.Schema().Tables()
	for _, v := range tables {
		if v.Name == "vnets" {
			v.Fields = append(v.Fields, schema.Rows("test_rules", rules.Name, "vnet"))
		}
	}
	s, err := schema.New(append(tables, rules)...)
	must(t, err)
	return DatabaseOf(t, dir, s)
}
