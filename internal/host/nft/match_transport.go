package nft

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Transport matches packets of any of the IP protocols, and of TCP and UDP by their ports. Empty ranges match any port.
type Transport struct {
	Protocols []uint8 // IANA's numbers
	From, To  []PortRange
}

// IANA's numbers of protocols.
const (
	numberICMP uint8 = 1
	numberTCP  uint8 = 6
	numberUDP  uint8 = 17
)

func (m Transport) words() (string, error) {
	members, err := set("protocol", decimals(m.Protocols))
	if err != nil {
		return "", err
	}
	parts := []string{"meta l4proto " + members}
	for _, side := range []struct {
		key    string
		ranges []PortRange
	}{{"th sport", m.From}, {"th dport", m.To}} {
		if len(side.ranges) == 0 {
			continue
		}
		if slices.ContainsFunc(m.Protocols, func(p uint8) bool { return p != numberTCP && p != numberUDP }) {
			return "", refuse("only TCP and UDP have ports")
		}
		if slices.ContainsFunc(side.ranges, func(r PortRange) bool { return !r.valid() }) {
			return "", refuse("%v hold what isn't a range of ports", side.ranges)
		}
		words, err := set("port", joined(side.ranges))
		if err != nil {
			return "", err
		}
		parts = append(parts, side.key+" "+words)
	}
	return strings.Join(parts, " "), nil
}

// decimals has numbers as texts: a slice of bytes would be shown as text.
func decimals(numbers []uint8) (texts []string) {
	for _, n := range slices.Compact(slices.Sorted(slices.Values(numbers))) {
		texts = append(texts, strconv.Itoa(int(n)))
	}
	return texts
}

// joined puts ranges in order and makes one of those that touch: a set of nft's has none that overlap.
func joined(ranges []PortRange) (out []PortRange) {
	for _, r := range slices.SortedFunc(slices.Values(ranges), func(a, b PortRange) int { return cmp.Compare(a.First, b.First) }) {
		if last := len(out) - 1; last >= 0 && int(r.First) <= int(out[last].Last)+1 {
			out[last].Last = max(out[last].Last, r.Last)
			continue
		}
		out = append(out, r)
	}
	return out
}
