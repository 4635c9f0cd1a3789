package nft

import (
	"fmt"
	"strings"

	"dewpoint/internal/errs"
)

// Rule says what becomes of a packet that meets all the matches. The kernel looks at them in their order.
type Rule struct {
	Matches []Match
	Verdict Verdict
}

// Match is a condition on packets. Each kind is one file, match_NAME.go: a type, and how it is written.
type Match interface {
	// words is the match as nft(8) writes it, Invalid for a value that it can't have. Nothing unchecked may stand in it.
	words() (string, error)
}

// Verdict is what a rule does.
type Verdict string

// The verdicts in use.
const (
	Accept     Verdict = "accept"
	Drop       Verdict = "drop"
	Masquerade Verdict = "masquerade" // only on Postrouting
)

// verdicts has the only hook that takes each, "" where all do.
var verdicts = map[Verdict]Hook{Accept: "", Drop: "", Masquerade: Postrouting}

// If makes the rule that does v to packets that meet all the matches.
func (v Verdict) If(all ...Match) Rule { return Rule{all, v} }

// render writes the rule as a line of a chain.
func (r Rule) render(hook Hook) (string, error) {
	var line []string
	for _, m := range r.Matches {
		if m == nil {
			return "", refuse("a rule has a match that says nothing")
		}
		words, err := m.words()
		if err != nil {
			return "", err
		}
		line = append(line, words)
	}
	only, known := verdicts[r.Verdict]
	switch {
	case !known:
		return "", refuse("%q isn't a verdict", r.Verdict)
	case only != "" && only != hook:
		return "", refuse("%s belongs on %s", r.Verdict, only)
	}
	return strings.Join(append(line, string(r.Verdict)), " "), nil
}

// set writes the members of an anonymous set. An empty one is refused: nft has none, and a rule without the match would meet every packet.
func set[T any](of string, members []T) (string, error) {
	if len(members) == 0 {
		return "", refuse("a rule names no %s to match", of)
	}
	words := make([]string, len(members))
	for i, m := range members {
		words[i] = fmt.Sprint(m)
	}
	return "{ " + strings.Join(words, ", ") + " }", nil
}

func refuse(format string, args ...any) error {
	return errs.New(errs.Invalid, "nft_rule", format, args...)
}
