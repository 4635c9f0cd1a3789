package main

import (
	"fmt"
	"path"
	"strings"
)

// The most that browsers load, in bytes as gzip packs them.
const (
	mostFirst = 80 << 10  // until the first list can be used
	mostPage  = 30 << 10  // for a page more
	mostAll   = 700 << 10 // in the program, in both forms
)

// heavy are pages with a library of their own, by their source, and what they may load.
var heavy = map[string]int{
	"src/console/screen.tsx": 60 << 10,
}

// check holds the bundle against the budgets.
func (b *bundle) check() error {
	script, style, err := b.first()
	if err != nil {
		return err
	}
	all := 0
	for _, f := range b.files {
		all += len(f.gzip) + len(f.brotli)
	}
	if all > mostAll {
		return fmt.Errorf("all files have %d bytes, at most %d may be", all, mostAll)
	}
	first := b.with("assets/"+script, nil)
	first["assets/"+style] = true
	if n := b.size(first); n > mostFirst {
		return fmt.Errorf("the first page loads %d bytes, at most %d may be: %v", n, mostFirst, sorted(first))
	}
	for name, out := range b.meta.Outputs {
		most, is := heavy[out.EntryPoint]
		if !is {
			most = mostPage
		}
		if first[name] || out.EntryPoint == "" || strings.HasPrefix(out.EntryPoint, "node_modules/") {
			continue // there already, or loaded by another
		}
		if n := b.size(b.with(name, first)); n > most {
			return fmt.Errorf("%s loads %d bytes, at most %d may be", out.EntryPoint, n, most)
		}
	}
	return nil
}

// with returns a file and all that it loads at once, or, where a page has a library of its own, when it is asked; but not what is there already.
func (b *bundle) with(name string, there map[string]bool) map[string]bool {
	found := map[string]bool{}
	var visit func(name string)
	visit = func(name string) {
		if found[name] || there[name] {
			return
		}
		found[name] = true
		out := b.meta.Outputs[name]
		_, whole := heavy[out.EntryPoint]
		for _, i := range out.Imports {
			if i.Kind == "import-statement" || whole && i.Kind == "dynamic-import" {
				visit(i.Path)
			}
		}
	}
	visit(name)
	return found
}

func (b *bundle) size(names map[string]bool) (n int) {
	for _, f := range b.files {
		for name := range names {
			if path.Base(name) == f.name {
				n += len(f.gzip)
			}
		}
	}
	return n
}
