package nft

import (
	"fmt"
	"strings"

	"dewpoint/internal/errs"
)

// Rule says what becomes of a packet that meets all the matches. The kernel looks at them in their order.
type Rule struct {
	Matches []Match
	Count   string // the counter that packets which meet the matches are added to; empty for none
	Verdict Verdict
	Target  Target // of verdicts that have one
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
	Reject     Verdict = "reject" // tells the sender
	Jump       Verdict = "jump"   // to the chain of the target
	DNAT       Verdict = "dnat"
	Redirect   Verdict = "redirect" // to the router itself
	SNAT       Verdict = "snat"
	Masquerade Verdict = "masquerade"
)

// kindOfVerdict says where a verdict can stand, and what it needs.
type kindOfVerdict struct {
	only   Hook // "" for every hook
	target func(Target) (string, error)
}

var verdicts = map[Verdict]kindOfVerdict{
	Accept:     {target: Target.none},
	Drop:       {target: Target.none},
	Reject:     {target: Target.none},
	Jump:       {target: Target.chain},
	DNAT:       {Prerouting, Target.address},
	Redirect:   {Prerouting, Target.ports},
	SNAT:       {Postrouting, Target.address},
	Masquerade: {Postrouting, Target.ports},
}

// If makes the rule that does v to packets that meet all the matches.
func (v Verdict) If(all ...Match) Rule { return Rule{Matches: all, Verdict: v} }

// To makes the rule's verdict lead to the target.
func (r Rule) To(t Target) Rule { r.Target = t; return r }

// Counted adds the packets that meet the rule's matches to a counter of the table.
func (r Rule) Counted(name string) Rule { r.Count = name; return r }

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
	if r.Count != "" {
		if !validName.MatchString(r.Count) {
			return "", refuse("%q can't name a counter", r.Count)
		}
		line = append(line, `counter name "`+r.Count+`"`)
	}
	kind, known := verdicts[r.Verdict]
	switch {
	case !known:
		return "", refuse("%q isn't a verdict", r.Verdict)
	case kind.only != "" && kind.only != hook:
		return "", refuse("%s belongs on %s", r.Verdict, kind.only)
	}
	target, err := kind.target(r.Target)
	return strings.Join(append(line, string(r.Verdict)+target), " "), err
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
