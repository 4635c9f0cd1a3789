package auth

import (
	"maps"
	"slices"
)

// thin removes a quarter of a map's entries, those with the lowest worth, and all whose worth is negative.
func thin[K comparable, V any](m map[K]V, worth func(V) int64) {
	maps.DeleteFunc(m, func(_ K, v V) bool { return worth(v) < 0 })
	sorted := make([]int64, 0, len(m))
	for _, v := range m {
		sorted = append(sorted, worth(v))
	}
	slices.Sort(sorted)
	surplus := len(sorted) / 4
	if surplus == 0 {
		return
	}
	least := sorted[surplus-1]
	maps.DeleteFunc(m, func(_ K, v V) bool {
		if surplus == 0 || worth(v) > least {
			return false
		}
		surplus--
		return true
	})
}
