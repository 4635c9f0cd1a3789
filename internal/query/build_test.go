package query_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"dewpoint/internal/errs"
	"dewpoint/internal/model"
	"dewpoint/internal/query"
	"dewpoint/internal/query/querytest"
	"dewpoint/internal/schema"
)

func build(table string, r query.Request, opt query.Options) (*query.Plan, error) {
	s := querytest.Schema()
	ast, err := query.Parse(r)
	if err != nil {
		return nil, err
	}
	return query.Build(s, s.Table(table), ast, opt)
}

// TestBuildLimits checks that a request can't ask for more than a moment's work.
func TestBuildLimits(t *testing.T) {
	t.Parallel()
	owners := strings.Repeat("owner#", 7) + "name"
	var wide []string
	for i := range 900 {
		wide = append(wide, fmt.Sprintf("drives[all] as d%d", i))
	}
	for name, c := range map[string]struct {
		table string
		req   query.Request
		code  string
	}{
		"paths through many tables": {"vms", query.Request{Fields: owners}, "too_complex"},
		"brackets with many views":  {"clusters", query.Request{Fields: "machines[" + strings.Join(wide, ",") + "]"}, "too_complex"},
		"a long pattern":            {"vms", query.Request{Filter: "name rx '" + strings.Repeat("x", 1001) + "'"}, "bad_pattern"},
		"a pattern that explodes":   {"vms", query.Request{Filter: "name rx '((x{1000}){1000}){1000}'"}, "bad_pattern"},
	} {
		if _, err := build(c.table, c.req, query.Options{}); errs.As(err) == nil || errs.As(err).Code != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestBuildCapsLimit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		limit string
		most  int64
		want  int64
	}{{"", 0, -1}, {"0", 0, -1}, {"5", 0, 5}, {"", 10, 10}, {"0", 10, 10}, {"5", 10, 5}, {"50", 10, 10}} {
		p, err := build("vms", query.Request{Limit: c.limit}, query.Options{MaxLimit: c.most})
		if err != nil || p.Limit != c.want {
			t.Errorf("limit=%q of at most %d gives %d, want %d (%v)", c.limit, c.most, p.Limit, c.want, err)
		}
	}
}

// TestGuardAskedEverywhere checks that every table that a client's path reaches is guarded, and that declared paths are not.
func TestGuardAskedEverywhere(t *testing.T) {
	t.Parallel()
	for fields, want := range map[string]string{
		"name":                     "vms",
		"cluster,running":          "vms", // declared paths: columns of the table itself
		"machine#status#status":    "machines status vms",
		"machine[drives[name]]":    "drives machines vms",
		"cluster#name":             "clusters vms",
		"count(machine#drives)":    "drives machines vms",
		"volumes":                  "vms volumes",
		"name eq 'x'":              "vms",
		"collapse(machine#drives)": "drives machines vms",
	} {
		asked := map[string]bool{}
		_, err := build("vms", query.Request{Fields: fields}, query.Options{Guard: func(t *schema.Table) query.Expr {
			asked[t.Name] = true
			return query.Eq("$key", schema.IntValue(1))
		}})
		var got []string
		for _, table := range []string{"clusters", "drives", "machines", "nodes", "status", "vms", "volumes"} {
			if asked[table] {
				got = append(got, table)
			}
		}
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%s asks for %v, want %s (%v)", fields, got, want, err)
		}
	}
}

func TestExprForms(t *testing.T) {
	t.Parallel()
	a, b := query.Eq("name", schema.TextValue("a")), query.Eq("name", schema.TextValue("b"))
	for name, ok := range map[string]bool{
		"and of nothing is true":    query.And().IsTrue(),
		"or of nothing is false":    query.Or().IsFalse(),
		"and with false is false":   query.And(a, query.False()).IsFalse(),
		"or with true is true":      query.Or(a, query.True(), b).IsTrue(),
		"and of true is true":       query.And(query.True(), query.True()).IsTrue(),
		"in of nothing is false":    query.In("name").IsFalse(),
		"and of two is neither":     !query.And(a, b).IsTrue() && !query.And(a, b).IsFalse(),
		"the zero value is true":    query.Expr{}.IsTrue(),
		"or drops what is not true": !query.Or(a, query.False()).IsFalse(),
	} {
		if !ok {
			t.Error("not so: " + name)
		}
	}
	if _, err := build("vms", query.Request{}, query.Options{Guard: func(*schema.Table) query.Expr { return query.Eq("nothing", schema.IntValue(1)) }}); err == nil {
		t.Error("a guard on an unknown column is accepted")
	}
}

// BenchmarkParseBuild takes the longest expression that a client sends. The budget is 50 µs.
func BenchmarkParseBuild(b *testing.B) {
	var longest expression
	s := model.Schema()
	for _, e := range expressions(b) {
		if e.param != "fields" || s.Table(e.table) == nil || len(e.text) < len(longest.text) {
			continue
		}
		if ast, err := query.Parse(e.request()); err == nil {
			if _, err := query.Build(s, s.Table(e.table), ast, query.Options{}); err == nil {
				longest = e
			}
		}
	}
	b.Logf("%s %s: %d bytes", longest.client, longest.table, len(longest.text))
	req := longest.request()
	req.Filter, req.Sort, req.Limit = "name ct 'web' and enabled eq true", "-name", "100"
	b.ReportAllocs()
	for b.Loop() {
		ast, err := query.Parse(req)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := query.Build(s, s.Table(longest.table), ast, query.Options{Now: time.Unix(1, 0)}); err != nil {
			b.Fatal(err)
		}
	}
}

// TestPlansOfAMoment tells those that speak of now from those that stay as they are.
func TestPlansOfAMoment(t *testing.T) {
	t.Parallel()
	for filter, want := range map[string]bool{
		"ram gt 5": false, "name eq '{$now}'": false, "ram gt {$now}": true, "ram in (5,{$add({$now},1)})": true, "ram eq {$now}": true,
	} {
		p, err := build("vms", query.Request{Filter: filter}, query.Options{})
		if err != nil || p.Timed != want {
			t.Errorf("%s: %v, want %t", filter, err, want)
		}
	}
}

// TestListsThatCantBe names what brackets with aggregates or a condition can't say.
func TestListsThatCantBe(t *testing.T) {
	t.Parallel()
	for fields, want := range map[string]string{
		"machine[name] ? name eq 'a'":        `fields: "machine" is one row; only lists can be filtered with ?`,
		"flatten(machine[name] ? name eq 1)": `fields: "machine" is one row; only lists can be filtered with ?`,
		"volumes[name] ? nonsense eq 'a'":    `fields: volumes has no column "nonsense"`,
		"volumes[name] ? drives eq 'a'":      `fields: "drives" is not a single value`,
		"volumes[sum(name)]":                 `fields: sum needs a column of numbers`,
		"volumes[min(name),max(name)]":       `fields: two members of "volumes" are called "name"; rename one with as`,
		"volumes[name,max(name)]":            `fields: max needs a list of rows`,
	} {
		if _, err := build("vms", query.Request{Fields: fields}, query.Options{}); errs.KindOf(err) != errs.Invalid || err.Error() != want {
			t.Errorf("%s: %v, want %s", fields, err, want)
		}
	}
}

// TestConditionsOnListsCount holds a list of which some rows are kept against the bounds of narrow plans.
func TestConditionsOnListsCount(t *testing.T) {
	t.Parallel()
	for fields, want := range map[string]bool{
		"name,volumes[name] ? $key eq 'a'": true, "name,volumes[name] ? name rx 'a'": false, "running[sum(id)]": true, "running[name] ? name ct 'x'": false,
	} {
		table := map[bool]string{true: "clusters", false: "vms"}[strings.HasPrefix(fields, "running")]
		p, err := build(table, query.Request{Fields: fields, Key: "1"}, query.Options{})
		if err != nil || p.Narrow() != want {
			t.Errorf("%s: %v, want %t", fields, err, want)
		}
	}
}

// TestBareNumbersAreBounded compares a reference to any table with more numbers than a statement takes arguments for.
func TestBareNumbersAreBounded(t *testing.T) {
	t.Parallel()
	many := strings.TrimSuffix(strings.Repeat("7,", 1900), ",")
	for filter, code := range map[string]string{"owner eq 7": "", "owner in (7,8)": "", "owner in (" + many + ")": "too_complex"} {
		_, err := build("vms", query.Request{Filter: filter}, query.Options{})
		if e := errs.As(err); (e == nil) != (code == "") || e != nil && e.Code != code {
			t.Errorf("%.20s: %v, want %q", filter, err, code)
		}
	}
}
