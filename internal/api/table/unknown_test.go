package table_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
)

// TestUnknownNamesAreLeftOut asks for columns that nobody has, as clients of other versions do. Plain names are left out and named in a header; all
// else is refused.
func TestUnknownNamesAreLeftOut(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.make("vnets", `{"name":"lan","network":"10.1.0.0/24"}`)
	const begin = `299 dewpoint "left out of fields, because there are no such columns: `
	for _, c := range []struct{ path, fields, want, warning string }{
		{"vnets", "$key,name", `[{"$key":1,"name":"lan"}]`, ""},
		{"vnets", "$key,name,ip,mac as m,ip", `[{"$key":1,"name":"lan"}]`, `vnets.ip, vnets.mac"`},
		{"vnets/1", "name,ip,machine[type,colour]", `{"name":"lan","machine":{"type":"vnet"}}`, `vnets.ip, machines.colour"`},
		{"vnets", "ip", `[{}]`, `vnets.ip"`},
		{"vnets/1", "ïp", `{}`, `vnets.%C3%AFp"`},
		{"users/1", "token_epoch,name", `{"name":"admin"}`, `users.token_epoch"`}, // a hidden column is none
	} {
		for _, again := range []string{"", " again"} { // the second time the plan is a kept one
			got := s.get("/api/v4/"+c.path+"?fields="+url.QueryEscape(c.fields)).must(t, 200)
			same(t, c.fields+again, c.want, strings.TrimSpace(got.body))
			want := ""
			if c.warning != "" {
				want = begin + c.warning
			}
			same(t, c.fields+again, want, got.header.Get("Warning"))
		}
	}
	for _, query := range []string{
		"fields=upper(ip)", "fields=nothing(name)", "fields=machine%23ip", "fields=ip%23name", "fields=ip[name]", "fields=ip eq 1", "fields=collapse(machine[ip])",
		"fields=name,ip as x&filter=x eq 1", "fields=name&filter=ip eq 1", "fields=name&sort=ip", "fields=$keys",
	} {
		s.get("/api/v4/vnets?"+strings.ReplaceAll(query, " ", "%20")).failed(t, 422)
	}
	same(t, "twice", `fields: the name "x" is given twice at position 11`, s.get("/api/v4/vnets?fields=name%20as%20x,mtu%20as%20x").failed(t, 400))
	var many []string
	for i := range 500 {
		many = append(many, fmt.Sprintf("%s%d", strings.Repeat("x", 100), i))
	}
	got := s.get("/api/v4/vnets?fields="+strings.Join(many, ",")).must(t, 200).header.Get("Warning")
	if len(got) > 2000 || !strings.HasSuffix(got, `, ..."`) {
		t.Errorf("500 unknown names give a header of %d bytes: %s", len(got), got)
	}
}
