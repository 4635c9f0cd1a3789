package arch

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"dewpoint/test/golden"
)

// program is what is built and shipped.
const program = module + "/cmd/dewpoint"

// linked is one module of others that is part of the program.
type linked struct {
	Path, Version, Dir string
}

// licences are told apart by a sentence that each has and no other. What none of them matches may not be linked: it has to be read first.
var licences = []struct {
	name string
	mark *regexp.Regexp
}{
	{"Apache-2.0", regexp.MustCompile(`(?i)Apache License[\s=_]+Version 2\.0`)},
	{"MPL-2.0", regexp.MustCompile(`(?i)Mozilla Public License,? version 2\.0`)},
	{"BSD-3-Clause", regexp.MustCompile(`(?i)Redistribution and use[\s\S]+neither the names?`)},
	{"BSD-2-Clause", regexp.MustCompile(`(?i)Redistribution and use`)},
	{"MIT", regexp.MustCompile(`(?i)Permission is hereby granted, free of charge`)},
	{"ISC", regexp.MustCompile(`(?i)Permission to use, copy, modify, and(/or)? distribute this software`)},
}

// copyleft is what must never be linked, whatever else the text says.
var copyleft = regexp.MustCompile(`(?i)GNU (Lesser |Affero )?General Public License`)

// TestModules keeps the list of what is linked into the program, with the licence of each.
func TestModules(t *testing.T) {
	t.Parallel()
	var list []string
	for _, m := range linkedModules(t) {
		list = append(list, fmt.Sprintln(m.Path, m.Version, licenceOf(t, m)))
	}
	slices.Sort(list)
	golden.Equal(t, "testdata/modules.txt", strings.Join(list, ""))
}

func linkedModules(t *testing.T) (all []linked) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-json=Module", program)
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	seen := map[string]bool{module: true}
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct{ Module *linked }
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatalf("go list: %v", err)
		}
		if p.Module != nil && !seen[p.Module.Path] {
			seen[p.Module.Path] = true
			all = append(all, *p.Module)
		}
	}
}

// licenceOf names the licence of a module by the text that it brings.
func licenceOf(t *testing.T, m linked) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(m.Dir, "[LlC][IiO][CcP][EeY]*"))
	if err != nil || len(files) == 0 {
		t.Errorf("%s brings no text of a licence: %v", m.Path, err)
		return "none"
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range licences {
			if l.mark.Match(text) && (l.name == "MPL-2.0" || !copyleft.Match(text)) { // the MPL names the others as secondary licences
				return l.name
			}
		}
	}
	t.Errorf("%s: the licence in %v is none of those known here: read it", m.Path, files)
	return "unknown"
}
