package nft

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var counterLine = regexp.MustCompile(`(?m)^\tcounter ([a-z0-9_]+) \{$`)

// countersOf lists the counters of a rendered text.
func countersOf(text string) (names []string) {
	for _, m := range counterLine.FindAllStringSubmatch(text, -1) {
		names = append(names, m[1])
	}
	return names
}

// countersIn reads what has been counted. It comes before the objects are hashed, which takes the counts out of them.
func countersIn(objects []object) map[string]Count {
	counted := make(map[string]Count)
	for _, o := range objects {
		about := o["counter"]
		if name, found := about["name"].(string); found {
			packets, _ := about["packets"].(float64) // exact up to 2^53 bytes, which a router doesn't see in its life
			bytes, _ := about["bytes"].(float64)
			counted[name] = Count{uint64(packets), uint64(bytes)}
		}
	}
	return counted
}

// around writes the text as changes of the table that is there, which leave its counters as they are: all else goes and comes anew, in the same
// transaction. It can't where the table holds what no text of Render has.
func (l listing) around(text string, counters []string) (changes string, can bool) {
	head, body, found := strings.Cut(text, "\ntable inet ")
	table, _, _ := strings.Cut(body, " {")
	if !found || head == "" {
		return "", false
	}
	var b strings.Builder
	fmt.Fprintf(&b, "flush table inet %s\n", table)
	gone := slices.Clone(l.marks)
	kept := false
	for _, o := range l.objects {
		for kind, about := range o {
			name, _ := about["name"].(string)
			switch {
			case kind == "chain":
				gone = append(gone, name)
			case kind == "counter" && slices.Contains(counters, name):
				kept = true
			case kind == "counter":
				if !validName.MatchString(name) {
					return "", false
				}
				fmt.Fprintf(&b, "delete counter inet %s %s\n", table, name)
			case kind == "table" && about["flags"] != nil, kind != "table" && kind != "rule":
				return "", false
			}
		}
	}
	for _, chain := range gone {
		if !validName.MatchString(chain) {
			return "", false
		}
		fmt.Fprintf(&b, "delete chain inet %s %s\n", table, chain)
	}
	return b.String() + "table inet " + body, kept
}
