package engine

import (
	"fmt"
	"strings"
	"testing"

	"dewpoint/internal/perm"
	"dewpoint/internal/query"
	"dewpoint/internal/store"
)

// TestPlansAreBounded keeps more statements than there is room for: those that were asked for last stay.
func TestPlansAreBounded(t *testing.T) {
	t.Parallel()
	c := newPlanCache()
	key := func(i int) planKey { return planKey{request: [5]string{fmt.Sprint(i)}} }
	text := strings.Repeat("x", mostPlanBytes/8)
	for i := range 100 {
		c.put(key(i), &store.Query{Text: text})
		c.get(key(0))
	}
	bytes := 0
	for p := range c.kept.Values() {
		bytes += p.bytes
	}
	if bytes > mostPlanBytes || c.kept.Len() < 2 {
		t.Errorf("%d bytes in %d entries", bytes, c.kept.Len())
	}
	if c.get(key(0)) == nil || c.get(key(99)) == nil || c.get(key(50)) != nil {
		t.Error("others stay than those that were asked for last")
	}
	c = newPlanCache()
	for i := range 2 * mostPlans {
		c.put(key(i%(mostPlans+9)), &store.Query{Text: "x"})
	}
	if n := c.kept.Len(); n != mostPlans {
		t.Errorf("%d entries, want %d", n, mostPlans)
	}
}

// TestPlansAreOfOneCaller tells statements apart that rights, or what is asked for, make different.
func TestPlansAreOfOneCaller(t *testing.T) {
	t.Parallel()
	held, other := perm.NewGrants(nil, nil), perm.NewGrants(nil, nil)
	base := perm.Actor{User: 1, Grants: held}
	seen := map[planKey]string{}
	for what, x := range map[string]struct {
		a perm.Actor
		r query.Request
		o query.Options
	}{
		"ann":             {base, query.Request{}, query.Options{}},
		"bob":             {perm.Actor{User: 2, Grants: held}, query.Request{}, query.Options{}},
		"ann, other held": {perm.Actor{User: 1, Grants: other}, query.Request{}, query.Options{}},
		"ann as admin":    {perm.Actor{User: 1, Admin: true}, query.Request{}, query.Options{}},
		"other fields":    {base, query.Request{Fields: "name"}, query.Options{}},
		"other filter":    {base, query.Request{Filter: "name"}, query.Options{}},
		"other sort":      {base, query.Request{Sort: "name"}, query.Options{}},
		"other limit":     {base, query.Request{Limit: "1"}, query.Options{}},
		"other offset":    {base, query.Request{Offset: "1"}, query.Options{}},
		"versions":        {base, query.Request{}, query.Options{Versions: true}},
	} {
		key, ok := keyOfPlan(x.a, nil, x.r, x.o)
		if before := seen[key]; !ok || before != "" {
			t.Errorf("%s: has the key of %q, %t", what, before, ok)
		}
		seen[key] = what
	}
	for what, x := range map[string]struct {
		r query.Request
		o query.Options
	}{
		"one row":         {query.Request{Key: "1"}, query.Options{}},
		"columns by name": {query.Request{Equals: map[string]string{"name": "x"}}, query.Options{}},
		"other rights":    {query.Request{}, query.Options{Root: perm.Seen(base)}},
		"hidden columns":  {query.Request{}, query.Options{Hidden: true}},
	} {
		if _, ok := keyOfPlan(base, nil, x.r, x.o); ok {
			t.Errorf("%s is kept", what)
		}
	}
}

// Two requests that a separator could make one have a statement each.
func TestPlansOfRequestsThatHoldTheSameText(t *testing.T) {
	t.Parallel()
	key := func(fields, filter string) planKey {
		k, ok := keyOfPlan(perm.Actor{}, nil, query.Request{Fields: fields, Filter: filter}, query.Options{})
		if !ok {
			t.Fatal("a list isn't worth keeping")
		}
		return k
	}
	if key("a\x00b", "c") == key("a", "b\x00c") {
		t.Error("requests that differ have one key")
	}
}
