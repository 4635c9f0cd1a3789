package lru_test

import (
	"slices"
	"strings"
	"testing"

	"dewpoint/internal/lru"
)

func TestCache(t *testing.T) {
	t.Parallel()
	var dropped []string
	c := lru.Cache[int, string]{
		Most: 3, MostCost: 10, Cost: func(v string) int { return len(v) }, Dropped: func(v string) { dropped = append(dropped, v) },
	}
	for _, step := range []struct {
		do      func()
		kept    string // by the keys 1 to 5
		dropped string
	}{
		{func() { c.Put(1, "a"); c.Put(2, "b"); c.Put(3, "c") }, "a b c - -", ""},
		{func() { c.Get(1); c.Get(3); c.Put(4, "d") }, "a - c d -", "b"},
		{func() { c.Put(1, "A") }, "A - c d -", "a"},
		{func() { c.Put(5, strings.Repeat("e", 9)) }, "- - - d eeeeeeeee", "A c"},
		{func() { c.Put(5, strings.Repeat("e", 11)) }, "- - - - -", "eeeeeeeee d eeeeeeeeeee"},
		{func() { c.Put(2, "z"); c.Put(3, "y"); c.Clear() }, "- - - - -", "z y"},
	} {
		dropped = nil
		step.do()
		if got := strings.Join(dropped, " "); got != step.dropped {
			t.Errorf("dropped %q, want %q", got, step.dropped)
		}
		if got := kept(&c); got != step.kept || c.Len() != 5-strings.Count(got, "-") || len(slices.Collect(c.Values())) != c.Len() {
			t.Errorf("kept %d: %s, want %s", c.Len(), got, step.kept)
		}
	}
}

// kept asks for the keys 1 to 5, from the one that was used first; so their order stays.
func kept(c *lru.Cache[int, string]) string {
	var all []string
	for key := 1; key <= 5; key++ {
		v, ok := c.Get(key)
		if !ok {
			v = "-"
		}
		all = append(all, v)
	}
	return strings.Join(all, " ")
}

func TestZeroCache(t *testing.T) {
	t.Parallel()
	var c lru.Cache[string, int]
	c.Put("a", 1)
	if _, ok := c.Get("a"); ok {
		t.Error("a cache without bounds keeps something")
	}
}
