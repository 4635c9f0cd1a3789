// Command gen builds the web UI: it bundles the sources in ui/ into files with hashed names, packs them, holds them against the budgets and
// writes the page that loads them. What it writes follows from the sources and the lockfile alone. It is run by `go generate ./internal/web`.
package main

import (
	"log"
	"os"
	"path/filepath"
)

// The folders, as seen from internal/web.
const (
	sources = "../../ui"
	built   = "ui"
)

func main() {
	log.SetFlags(0)
	if err := run(); err != nil {
		log.Fatal("building the UI: ", err)
	}
}

func run() error {
	b, err := bundleOf(sources)
	if err != nil {
		return err
	}
	if err := b.check(); err != nil {
		return err
	}
	notices, err := b.licences(sources)
	if err != nil {
		return err
	}
	page, err := b.page(filepath.Join(sources, "index.html"))
	if err != nil {
		return err
	}
	if err := os.RemoveAll(built); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(built, "assets"), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(built, "index.html"), page, 0o644); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(built, "licences.txt"), notices, 0o644); err != nil {
		return err
	}
	for _, f := range b.files {
		if err := f.write(filepath.Join(built, "assets")); err != nil {
			return err
		}
	}
	return nil
}
