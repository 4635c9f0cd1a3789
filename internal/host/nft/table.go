// Package nft renders nftables tables, replaces a whole table in one transaction, and reads back what the kernel has. All text
// is made of typed values that are checked where they are written; the nft program does the rest.
package nft

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
)

// Table is one table of family inet, the whole of which is ours.
type Table struct {
	Name   string
	Chains []Chain
}

// Chain is a base chain: it stands on a hook of the packet path.
type Chain struct {
	Hook  Hook // also the chain's name
	Rules []Rule
	Drop  bool // what becomes of a packet no rule decided; false lets the other tables decide
}

// Hook is a place in the packet path with the priority that suits it.
type Hook string

// The hooks a router needs.
const (
	Input       Hook = "input"
	Forward     Hook = "forward"
	Postrouting Hook = "postrouting" // for address translation
)

// hookLines has the priorities of the kernel's own standard chains, by their names in nft(8).
var hookLines = map[Hook]string{
	Input:       "type filter hook input priority filter",
	Forward:     "type filter hook forward priority filter",
	Postrouting: "type nat hook postrouting priority srcnat",
}

var validTable = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)

// Render turns the table into text for Apply. Equal tables give equal text; it is Invalid where a value can't be what it stands for.
func (t Table) Render() (string, error) {
	if !validTable.MatchString(t.Name) {
		return "", refuse("%q can't name an nftables table", t.Name)
	}
	var b strings.Builder
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

func (c Chain) render(b *strings.Builder) error {
	line, known := hookLines[c.Hook]
	if !known {
		return refuse("%q isn't a hook", c.Hook)
	}
	policy := Accept
	if c.Drop {
		policy = Drop
	}
	fmt.Fprintf(b, "\tchain %s {\n\t\t%s; policy %s;\n", c.Hook, line, policy)
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
