package store

import "strings"

// Reads lists the tables that a rendered query reads. A client's text that looks like a table in a query may add a name to the list; none
// is ever missing, since a query has its tables nowhere but behind FROM and JOIN.
func Reads(query string) []string {
	var names []string
	seen := map[string]bool{}
	for _, word := range []string{`FROM "`, `JOIN "`} {
		for rest := query; ; {
			_, after, found := strings.Cut(rest, word)
			if !found {
				break
			}
			name, behind, _ := strings.Cut(after, `"`)
			if rest = behind; !seen[name] {
				seen[name] = true
				names = append(names, name)
			}
		}
	}
	return names
}
