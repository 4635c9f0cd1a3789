package alarm

import (
	"fmt"
	"strings"

	"dewpoint/internal/model/system"
	"dewpoint/internal/store"
)

// mostFound is how many things of a kind have an alarm each. A lost database leaves hundreds, and one alarm says that better.
const mostFound = 20

// foundThings are those that no row stands for.
func foundThings(tx *store.Tx, self string) ([]fact, error) {
	rows, err := store.FindRows[system.Quarantine](tx)
	return factsOf(rows, self), err
}

// factsOf makes a fact of each thing, or of all of a kind of which there are too many: that is then the fact of the oldest.
func factsOf(rows []system.Quarantine, self string) (wrong []fact) {
	count, oldest := map[string]int{}, map[string]int64{}
	for _, q := range rows {
		if count[q.Kind]++; count[q.Kind] == 1 || q.Key < oldest[q.Kind] {
			oldest[q.Kind] = q.Key
		}
	}
	for _, q := range rows {
		text := textOf(q)
		if count[q.Kind] > mostFound {
			if q.Key != oldest[q.Kind] {
				continue
			}
			text = fmt.Sprintf("more than %d things of the kind %s were found and no row stands for them; was the database lost? The table quarantine lists them",
				mostFound, words(q.Kind))
		}
		wrong = append(wrong, fact{matter: matter{nobodys, self, fmt.Sprintf("quarantine/%d", q.Key)}, text: text})
	}
	return wrong
}

func textOf(q system.Quarantine) string {
	if q.Kind == system.FoundDomain {
		return fmt.Sprintf("domain %s carries the mark of this system and has no machine; it is left alone", q.Path)
	}
	return fmt.Sprintf("%s %s was found and no row stands for it; it is kept in quarantine", words(q.Kind), q.Path)
}

func words(kind string) string { return strings.ReplaceAll(kind, "_", " ") }
