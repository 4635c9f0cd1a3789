package nft

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// Priorities are those of the kernel's own standard chains, by their names in nft(8).
var hookLines = map[Hook]string{
	Input:       "type filter hook input priority filter",
	Forward:     "type filter hook forward priority filter",
	Postrouting: "type nat hook postrouting priority srcnat",
}

// Render turns the table into text for Apply. Equal tables give equal text.
func (t Table) Render() (string, error) {
	if err := t.check(); err != nil {
		return "", err
	}
	var b strings.Builder
	for _, c := range t.Chains {
		fmt.Fprintf(&b, "\tchain %s {\n\t\t%s; policy %s;\n", c.Hook, hookLines[c.Hook], policy(c.Drop))
		for _, r := range c.Rules {
			b.WriteString("\t\t" + strings.Join(r.words(), " ") + "\n")
		}
		b.WriteString("\t}\n")
	}
	sum := sha256.Sum256([]byte(b.String()))
	head := fmt.Sprintf("table inet %s {\n\tchain %s%s {\n\t}\n", t.Name, textMark, hex.EncodeToString(sum[:8]))
	// Adding first makes the delete succeed on a fresh namespace; all three are one transaction (nft(8), "add and delete").
	return fmt.Sprintf("add table inet %s\ndelete table inet %s\n", t.Name, t.Name) + head + b.String() + "}\n", nil
}

func policy(drop bool) Verdict {
	if drop {
		return Drop
	}
	return Accept
}

func (r Rule) words() []string {
	var w []string
	for _, match := range []struct{ key, name string }{{"iifname", r.In}, {"oifname", r.Out}, {"oifname !=", r.NotOut}} {
		if match.name != "" {
			w = append(w, match.key, `"`+match.name+`"`)
		}
	}
	if len(r.Sources) > 0 {
		w = append(w, "ip saddr", set(r.Sources))
	}
	if len(r.States) > 0 {
		w = append(w, "ct state", set(r.States))
	}
	switch {
	case r.PingsOnly:
		w = append(w, "icmp type echo-request")
	case len(r.Ports) > 0:
		w = append(w, string(r.Protocol), "dport", set(r.Ports))
	case r.Protocol != "":
		w = append(w, "meta l4proto", string(r.Protocol))
	}
	return append(w, string(r.Verdict))
}

func set[T any](members []T) string {
	words := make([]string, len(members))
	for i, m := range members {
		words[i] = fmt.Sprint(m)
	}
	return "{ " + strings.Join(words, ", ") + " }"
}
