package nft

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"dewpoint/internal/errs"
)

// Names of empty chains in a table of ours, which carry what Read compares. A table's comment would be the natural place, but `nft -j` 1.0.6
// (Debian 12) does not show it.
const (
	textMark = "text_" // the hash of the text that made the table: whether it is the one wished
	seenMark = "seen_" // the hash of all that the kernel had right after it: whether somebody changed anything since
)

// State is what the kernel has of one table.
type State struct {
	Text  string // fingerprint of the text that made it, empty when it was not made by Apply
	Whole bool   // nothing in it was added, changed or taken away since
}

// Fingerprint returns what Read says after Apply of a rendered text, for as long as nobody touches the table.
func Fingerprint(text string) State {
	for line := range strings.Lines(text) {
		if rest, found := strings.CutPrefix(strings.TrimSpace(line), "chain "+textMark); found {
			return State{Text: strings.TrimSuffix(rest, " {"), Whole: true}
		}
	}
	return State{}
}

var tableLine = regexp.MustCompile(`(?m)^table inet ([a-z0-9_]+) \{$`)

// tableOf returns the name of the table that a rendered text makes, "" when it makes none that can be sealed.
func tableOf(text string) string {
	if m := tableLine.FindStringSubmatch(text); m != nil && Fingerprint(text).Text != "" {
		return m[1]
	}
	return ""
}

// object is one element of `nft -j list table`: the kind, and what it says of it (libnftables-json(5)).
type object map[string]map[string]any

// mark returns what a chain of ours carries behind the prefix.
func (o object) mark(prefix string) (string, bool) {
	name, _ := o["chain"]["name"].(string)
	return strings.CutPrefix(name, prefix)
}

// listing is what `nft -j list table` says.
type listing struct {
	Counted
	digest  string
	objects []object // but those that carry our marks
	marks   []string // names of the chains that do
}

// parse reads a listing.
func parse(out []byte) (l listing, err error) {
	var printed struct {
		Nftables []object `json:"nftables"`
	}
	if err := json.Unmarshal(out, &printed); err != nil {
		return l, errs.Wrap(err, errs.Internal, "nft_output", "nft printed JSON that can't be read")
	}
	seen := ""
	for _, o := range printed.Nftables {
		if text, found := o.mark(textMark); found {
			l.Text, l.marks = text, append(l.marks, textMark+text)
			continue
		}
		if sum, found := o.mark(seenMark); found {
			seen += sum // two seals fit nothing
			l.marks = append(l.marks, seenMark+sum)
			continue
		}
		if o["metainfo"] == nil { // the version of nft
			l.objects = append(l.objects, o)
		}
	}
	l.Counters = countersIn(l.objects)
	l.digest, err = digestOf(l.objects)
	l.Whole = err == nil && seen == l.digest
	return l, err
}

// digestOf hashes all that stands in a table, whatever it is: what this program doesn't know counts like the rest.
func digestOf(objects []object) (string, error) {
	for _, o := range objects {
		for kind, about := range o {
			settle(kind, about)
		}
	}
	text, err := json.Marshal(objects) // with its keys in order
	if err != nil {
		return "", fmt.Errorf("nft's listing: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16]), nil
}

// counts are what changes by itself, by the statement or object that it stands in.
var counts = map[string][]string{"counter": {"packets", "bytes"}, "quota": {"used"}}

// settle takes away what changes by itself: counts, and the order in which the kernel shows the members of a set. Handles stay: a rule that was
// taken out and put back has a new one.
func settle(key string, v any) {
	switch v := v.(type) {
	case []any:
		for _, inner := range v {
			settle("", inner)
		}
		if key == "set" || key == "elem" {
			slices.SortFunc(v, func(a, b any) int { return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		}
	case map[string]any:
		for _, count := range counts[key] {
			delete(v, count)
		}
		for name, inner := range v {
			settle(name, inner)
		}
	}
}
