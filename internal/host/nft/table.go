// Package nft renders nftables tables, replaces a whole table in one transaction, and reads back what the kernel has. All text
// is made of typed values that are checked where they are written; the nft program does the rest.
package nft

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Table is one table of family inet, the whole of which is ours.
type Table struct {
	Name   string
	Chains []Chain
}

// Chain is a list of rules. It stands on a hook of the packet path, or is one that rules jump to.
type Chain struct {
	Hook  Hook // also the chain's name
	Rules []Rule
	Drop  bool // what becomes of a packet no rule decided; false lets the other tables decide
}

// Hook is a place in the packet path with the priority that suits it, or the name of a chain that rules jump to.
type Hook string

// The hooks a router needs, and the chains of people's rules, which the first three jump to.
const (
	Input       Hook = "input"
	Forward     Hook = "forward"
	Output      Hook = "output"
	Prerouting  Hook = "prerouting"  // for address translation
	Postrouting Hook = "postrouting" // for address translation
	Opened      Hook = "opened"      // about packets of open connections
	Opening     Hook = "opening"     // about all others
)

// hookLines has the priorities of the kernel's own standard chains, by their names in nft(8); nothing for a chain that rules jump to.
var hookLines = map[Hook]string{
	Input:       "type filter hook input priority filter",
	Forward:     "type filter hook forward priority filter",
	Output:      "type filter hook output priority filter",
	Prerouting:  "type nat hook prerouting priority dstnat",
	Postrouting: "type nat hook postrouting priority srcnat",
	Opened:      "",
	Opening:     "",
}

// validName is what tables and counters can be called.
var validName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)

// Render turns the table into text for Apply. Equal tables give equal text; it is Invalid where a value can't be what it stands for.
func (t Table) Render() (string, error) {
	if !validName.MatchString(t.Name) {
		return "", refuse("%q can't name an nftables table", t.Name)
	}
	var b strings.Builder
	for _, name := range t.counters() {
		fmt.Fprintf(&b, "\tcounter %s {\n\t}\n", name)
	}
	for _, c := range t.Chains {
		if err := c.render(&b); err != nil {
			return "", err
		}
	}
	sum := sha256.Sum256([]byte(b.String()))
	head := fmt.Sprintf("table inet %s {\n\tchain %s%s {\n\t}\n", t.Name, textMark, hex.EncodeToString(sum[:8]))
	// Adding first makes the delete succeed on a fresh namespace; all three are one transaction (nft(8), "add and delete").
	return fmt.Sprintf("add table inet %s\ndelete table inet %s\n", t.Name, t.Name) + head + b.String() + "}\n", nil
}

// counters lists what the rules count by, each once.
func (t Table) counters() (names []string) {
	for _, c := range t.Chains {
		for _, r := range c.Rules {
			if r.Count != "" && validName.MatchString(r.Count) { // another one is refused with its rule
				names = append(names, r.Count)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (c Chain) render(b *strings.Builder) error {
	line, known := hookLines[c.Hook]
	if !known {
		return refuse("%q isn't a hook", c.Hook)
	}
	policy := Accept
	if c.Drop {
		policy = Drop
	}
	fmt.Fprintf(b, "\tchain %s {\n", c.Hook)
	if line != "" {
		fmt.Fprintf(b, "\t\t%s; policy %s;\n", line, policy)
	}
	for _, r := range c.Rules {
		line, err := r.render(c.Hook)
		if err != nil {
			return err
		}
		b.WriteString("\t\t" + line + "\n")
	}
	b.WriteString("\t}\n")
	return nil
}
