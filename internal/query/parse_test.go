package query_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dewpoint/internal/errs"
	"dewpoint/internal/query"
)

// The show functions write a parsed request with all its structure visible.

func showOperand(o query.Operand) string {
	s := strings.Join(o.Path, ".")
	if o.Func != "" {
		s = strings.TrimPrefix(s+"."+o.Func+"("+showOperand(*o.Arg)+")", ".")
	}
	if o.List != nil {
		s += "[" + showItems(o.List) + "]"
	}
	if o.Keep != nil {
		s += "?" + showCond(o.Keep)
	}
	return s
}

func showItems(items []query.Item) string {
	var all []string
	for _, it := range items {
		s := showOperand(it.Operand)
		if it.Test != nil {
			s = showCond(it.Test)
		}
		name := it.Alias
		if name == "" {
			name = "~" + it.Text
		}
		all = append(all, s+" → "+name)
	}
	return strings.Join(all, "; ")
}

func showCond(c query.Cond) string {
	switch c := c.(type) {
	case *query.Logic:
		var args []string
		for _, a := range c.Args {
			args = append(args, showCond(a))
		}
		return "(" + strings.Join(args, map[bool]string{true: " | ", false: " & "}[c.Or]) + ")"
	case *query.Compare:
		var right []string
		for _, l := range c.Right {
			right = append(right, fmt.Sprintf("%d:%s", l.Kind, l.Text))
			if l.Kind == query.LitTime {
				right[len(right)-1] = fmt.Sprintf("%dnow%+d", l.Nows, l.Plus)
			}
		}
		return fmt.Sprintf("%s %s %s", showOperand(c.Left), c.Op, strings.Join(right, ","))
	}
	return ""
}

func TestParseFields(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"name":                                    "name → ~name",
		"$key, name":                              "$key → ~$key; name → ~name",
		"machine#status#running as running":       "machine.status.running → running",
		"machine # status":                        "machine.status → ~machine # status",
		"$key as sch_$key":                        "$key → sch_$key",
		"most,machine[most,drives[all] as d]":     "most → ~most; machine[most → ~most; drives[all → ~all] → d] → ~machine",
		"status#display(status) as s":             "status.display(status) → s",
		"display(type)":                           "display(type) → ~display(type)",
		"collapse(groups[name])":                  "collapse(groups[name → ~name]) → ~collapse(groups[name])",
		"d[a as b] ? b eq 'x' as c, e":            "d[a → b]?b eq 0:x → c; e → ~e",
		"m[d[a]?(b gt 1 or c eq y) and e eq 2],f": "m[d[a → ~a]?((b gt 1:1 | c eq 0:y) & e eq 1:2) → ~d] → ~m; f → ~f",
		"count(d[a]?a bw 'x') as n":               "count(d[a → ~a]?a bw 0:x) → n",
		"d[sum(a),sum(b) as c]":                   "d[sum(a) → ~sum(a); sum(b) → c] → ~d",
		"status#status eq 'run''s' as r":          "status.status eq 0:run's → r",
		"ram gt 5":                                "ram gt 1:5 → ~ram gt 5",
		"as as as":                                "as → as",
		"eq eq 1":                                 "eq eq 1:1 → ~eq eq 1",
		"upper(lower(name))":                      "upper(lower(name)) → ~upper(lower(name))",
	} {
		ast, err := query.Parse(query.Request{Fields: in})
		if err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		if got := showItems(ast.Fields); got != want {
			t.Errorf("%s:\nwant %s\ngot  %s", in, want, got)
		}
	}
}

func TestParseFilter(t *testing.T) {
	t.Parallel()
	hash := "3f2a" + strings.Repeat("0", 36)
	digits := strings.Repeat("1", 40)
	for in, want := range map[string]string{
		"name eq 'x'":                           "name eq 0:x",
		"a eq 1 and b eq 2 or c eq 3":           "((a eq 1:1 & b eq 1:2) | c eq 1:3)",
		"a eq 1 and (b eq 2 or c eq 3)":         "(a eq 1:1 & (b eq 1:2 | c eq 1:3))",
		"(a eq true) or (a ne null)":            "(a eq 2:true | a ne 3:)",
		"volume eq " + hash:                     "volume eq 0:" + hash,
		"volume eq " + digits:                   "volume eq 0:" + digits,
		"name eq stable":                        "name eq 0:stable",
		"owner eq vms/4":                        "owner eq 0:vms/4",
		"x eq -5":                               "x eq 1:-5",
		"x gt 0.25":                             "x gt 1:0.25",
		"name in ('a',1, null)":                 "name in 0:a,1:1,3:",
		"name in ()":                            "name in ",
		"name contains 'a' and name like '%b'":  "(name ct 0:a & name like 0:%b)",
		"expires lt {$now}":                     "expires lt 1now+0",
		"expires lt {$add({$now},604800)}":      "expires lt 1now+604800",
		"expires lt {$add({$add(1,2)},{$now})}": "expires lt 1now+3",
		"machine#cluster#name bw 'x'":           "machine.cluster.name bw 0:x",
		"count(members) gt 0":                   "count(members) gt 1:0",
		" a eq\t'b''''c' ":                      "a eq 0:b''c",
	} {
		ast, err := query.Parse(query.Request{Filter: in})
		if err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		if got := showCond(ast.Filter); got != want {
			t.Errorf("%s:\nwant %s\ngot  %s", in, want, got)
		}
	}
}

func TestParseSortAndPaging(t *testing.T) {
	t.Parallel()
	ast, err := query.Parse(query.Request{Sort: " name,-machine#name, +$key,-$key", Limit: "100", Offset: "7"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range ast.Sort {
		got = append(got, fmt.Sprint(s.Desc, showOperand(s.Operand)))
	}
	if diff := cmp.Diff([]string{"falsename", "truemachine.name", "false$key", "true$key"}, got); diff != "" {
		t.Error(diff)
	}
	if ast.Limit != 100 || ast.Offset != 7 {
		t.Errorf("limit %d, offset %d", ast.Limit, ast.Offset)
	}
	if ast, err = query.Parse(query.Request{Filter: " ", Sort: "", Limit: ""}); err != nil || ast.Filter != nil || ast.Sort != nil {
		t.Errorf("empty parameters are not absent: %+v, %v", ast, err)
	}
}

// TestParseErrors checks the kind and the text, which tells people where to look.
func TestParseErrors(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("(", 101) + "a eq 1" + strings.Repeat(")", 101)
	many := strings.TrimSuffix(strings.Repeat("a eq 1 or ", 2001), " or ")
	for _, c := range []struct {
		req  query.Request
		kind errs.Kind
		want string
	}{
		{query.Request{Fields: "name,"}, errs.Malformed, "fields: expected a column but the text ends at position 6"},
		{query.Request{Fields: "a b"}, errs.Malformed, `fields: expected the end, found "b" at position 3`},
		{query.Request{Fields: "a[b"}, errs.Malformed, `fields: expected "]" but the text ends at position 4`},
		{query.Request{Fields: "a as "}, errs.Malformed, "fields: expected an alias but the text ends at position 6"},
		{query.Request{Fields: "f(a"}, errs.Malformed, `fields: expected ")" but the text ends at position 4`},
		{query.Request{Fields: "a;b"}, errs.Malformed, `fields: can't read ';' at position 2`},
		{query.Request{Fields: "\xff"}, errs.Malformed, "fields is not valid UTF-8"},
		{query.Request{Fields: strings.Repeat("a[", 10) + "b" + strings.Repeat("]", 10)}, errs.Malformed, "fields: nested too deep at position 19"},
		{query.Request{Fields: "a#a#a#a#a#a#a#a#a"}, errs.Malformed, "fields: the path has more than 8 steps at position 17"},
		{query.Request{Fields: "a[b] ?"}, errs.Malformed, "fields: expected a column but the text ends at position 7"},
		{query.Request{Fields: "a[b] ? c"}, errs.Malformed, "fields: expected an operator but the text ends at position 9"},
		{query.Request{Fields: "a ? b eq 1"}, errs.Malformed, `fields: expected the end, found "?" at position 3`},
		{query.Request{Fields: "a[b] ? c[d] eq 1"}, errs.Malformed, `fields: expected an operator, found "[" at position 9`},
		{query.Request{Fields: strings.Repeat("a[b] ? ", 9) + "c eq 1"}, errs.Malformed, `fields: expected an operator, found "[" at position 9`},
		{query.Request{Fields: "a[b] ? " + strings.TrimSuffix(strings.Repeat("c eq 1 or ", 2001), " or ")}, errs.Invalid, "fields: more than 2000 conditions"},
		{query.Request{Filter: "a ? b eq 1"}, errs.Malformed, `filter: expected an operator, found "?" at position 3`},
		{query.Request{Filter: "name eq 'x"}, errs.Malformed, "filter: the string has no closing quote at position 9"},
		{query.Request{Filter: "name"}, errs.Malformed, "filter: expected an operator but the text ends at position 5"},
		{query.Request{Filter: "name is 'x'"}, errs.Malformed, `filter: expected an operator, found "is" at position 6`},
		{query.Request{Filter: "(a eq 1"}, errs.Malformed, `filter: expected ")" but the text ends at position 8`},
		{query.Request{Filter: "a eq 1 and"}, errs.Malformed, "filter: expected a column but the text ends at position 11"},
		{query.Request{Filter: "a eq {$later}"}, errs.Malformed, `filter: there is no macro "$later" at position 7`},
		{query.Request{Filter: "a eq {$add(1)}"}, errs.Malformed, `filter: expected ",", found ")" at position 13`},
		{query.Request{Filter: "a eq {$add(9223372036854775807,1)}"}, errs.Malformed, `filter: expected a number of seconds, found "9223372036854775807" at position 12`},
		{query.Request{Filter: "a[b] eq 1"}, errs.Malformed, `filter: expected an operator, found "[" at position 2`},
		{query.Request{Filter: deep}, errs.Malformed, "filter: nested too deep at position 101"},
		{query.Request{Filter: many}, errs.Invalid, "filter: more than 2000 conditions"},
		{query.Request{Filter: "a eq '" + strings.Repeat("x", query.MaxText) + "'"}, errs.Invalid, "filter has 98311 bytes, at most 98304 are allowed"},
		{query.Request{Offset: "1000000000"}, errs.Invalid, "offset may be at most 100000000; go on with a filter, as in $key gt 1000"},
		{query.Request{Sort: "name,,b"}, errs.Malformed, `sort: expected a column, found "," at position 6`},
		{query.Request{Sort: strings.Repeat("a,", 16) + "a"}, errs.Invalid, "sort: more than 16 columns"},
		{query.Request{Limit: "-1"}, errs.Malformed, `limit: expected a number of rows, found "-1" at position 1`},
		{query.Request{Limit: "1 2"}, errs.Malformed, `limit: expected the end, found "2" at position 3`},
		{query.Request{Offset: "x"}, errs.Malformed, `offset: expected a number of rows, found "x" at position 1`},
	} {
		_, err := query.Parse(c.req)
		if err == nil || err.Error() != c.want || errs.KindOf(err) != c.kind {
			t.Errorf("want %v %q\ngot  %v %q", c.kind, c.want, errs.KindOf(err), fmt.Sprint(err))
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, e := range expressions(f) {
		f.Add(e.text)
	}
	f.Add("vsan_drives[parent_drive#status#state as state] ? state eq 'online' as on,cluster[nodes[a] ? (b in (1,2)) or c ne null]")
	f.Add("running_machines[sum(running_cores),count($key) as n] ? ram gt {$add({$now},1)} as totals")
	f.Fuzz(func(t *testing.T, s string) {
		for _, req := range []query.Request{{Fields: s}, {Filter: s}, {Sort: s}, {Limit: s}} {
			ast, err := query.Parse(req)
			if (ast == nil) == (err == nil) {
				t.Fatalf("%+v gives %v and %v", req, ast, err)
			}
			if err != nil && errs.KindOf(err) != errs.Malformed && errs.KindOf(err) != errs.Invalid {
				t.Fatalf("%+v: %v is of kind %v", req, err, errs.KindOf(err))
			}
		}
	})
}
