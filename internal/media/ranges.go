package media

import (
	"cmp"
	"slices"
)

// span is a range of bytes: from first up to, not including, after.
type span struct{ first, after int64 }

// merge returns the same bytes as the fewest spans, in their order. Empty spans vanish.
func merge(spans []span) []span {
	sorted := slices.DeleteFunc(slices.Clone(spans), func(s span) bool { return s.after <= s.first })
	slices.SortFunc(sorted, func(a, b span) int { return cmp.Compare(a.first, b.first) })
	merged := sorted[:0]
	for _, s := range sorted {
		if n := len(merged); n > 0 && s.first <= merged[n-1].after {
			merged[n-1].after = max(merged[n-1].after, s.after)
			continue
		}
		merged = append(merged, s)
	}
	return merged
}

// lead returns how many bytes merged spans hold from the start of the file without a gap.
func lead(merged []span) int64 {
	if len(merged) == 0 || merged[0].first > 0 {
		return 0
	}
	return merged[0].after
}
