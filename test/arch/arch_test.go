package arch

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// pkg is what `go list` tells of a package. Tests may import more, and are not looked at.
type pkg struct {
	ImportPath string
	Name       string
	Doc        string
	Imports    []string
	Deps       []string
	GoFiles    []string
}

// place is the import path within the module: internal/host/nft.
func (p pkg) place() string { return strings.TrimPrefix(p.ImportPath, module+"/") }

// area is the part of the tree a package belongs to and the name it has there: host, nft.
func area(place string) (area, member string) {
	rest := strings.TrimPrefix(place, "internal/")
	area, member, _ = strings.Cut(rest, "/")
	member, _, _ = strings.Cut(member, "/")
	return area, member
}

// memberOf is the folder directly below another in which a package lies; "" if it isn't below it.
func memberOf(folder, place string) string {
	rest, below := strings.CutPrefix(place, folder+"/")
	if !below {
		return ""
	}
	member, _, _ := strings.Cut(rest, "/")
	return member
}

// load lists the packages of the program; those below test/ are free.
func load(t *testing.T) []pkg {
	t.Helper()
	// -e: a package that does not build is another test's failure.
	cmd := exec.CommandContext(t.Context(), "go", "list", "-e", "-json=ImportPath,Name,Doc,Imports,Deps,GoFiles", module+"/...")
	cmd.Dir = "../.."
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.Bytes())
	}
	var all []pkg
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("go list: %v", err)
		}
		if len(p.GoFiles) > 0 && !strings.HasPrefix(p.place(), "test/") {
			all = append(all, p)
		}
	}
	if len(all) == 0 {
		t.Fatal("go list found no packages")
	}
	return all
}

// ours returns the places of the imports that belong to this module.
func ours(imports []string) []string {
	var places []string
	for _, path := range imports {
		if place, ok := strings.CutPrefix(path, module+"/"); ok {
			places = append(places, place)
		}
	}
	return places
}

// breach is one import that the rules do not allow, as text; "" if they do.
func breach(from, to string) string {
	for folder, shared := range apartWithin {
		fromMember, toMember := memberOf(folder, from), memberOf(folder, to)
		if fromMember != "" && toMember != "" && fromMember != toMember && !slices.Contains(shared, toMember) {
			return from + " imports " + to + ": members of " + folder + " do not meet"
		}
	}
	fromArea, fromMember := area(from)
	toArea, toMember := area(to)
	if fromArea != toArea {
		if !slices.Contains(rules[fromArea].may, toArea) && !slices.Contains(besides[from], toArea) {
			return from + " imports " + to + ": " + fromArea + " may import only " + strings.Join(rules[fromArea].may, ", ")
		}
		return ""
	}
	shared, isApart := apart[fromArea]
	if fromMember == "" || toMember == "" { // the folder above joins them
		return ""
	}
	if isApart && fromMember != toMember && !slices.Contains(shared, toMember) {
		return from + " imports " + to + ": members of " + fromArea + " do not meet"
	}
	return ""
}

func TestImports(t *testing.T) {
	t.Parallel()
	for _, p := range load(t) {
		from, _ := area(p.place())
		if _, known := rules[from]; !known {
			t.Errorf("%s: no rule for the area %q", p.place(), from)
		}
		for _, to := range ours(p.Imports) {
			if text := breach(p.place(), to); text != "" {
				t.Error(text)
			}
		}
		for _, to := range ours(p.Deps) {
			if toArea, _ := area(to); slices.Contains(never[from], toArea) {
				t.Errorf("%s reaches %s through what it imports", p.place(), to)
			}
		}
	}
}

func TestBreach(t *testing.T) {
	t.Parallel()
	tests := []struct {
		from, to string
		allowed  bool
	}{
		{"internal/api/table", "internal/engine", true},
		{"internal/api/table", "internal/host/nft", false},
		{"internal/api/table", "internal/api/ws", true},
		{"internal/host/dnsmasq", "internal/host/link", false},
		{"internal/host/link/linktest", "internal/host/link", true},
		{"internal/host/nft", "internal/errs", true},
		{"internal/host/domxml", "internal/model", true},
		{"internal/host/nft", "internal/model", false},
		{"internal/host/domxml", "internal/model/compute", true},
		{"internal/model", "internal/model/compute", true},
		{"internal/model/compute", "internal/model/column", true},
		{"internal/model/compute", "internal/model/storage", false},
		{"internal/control/vm", "internal/control/loop", true},
		{"internal/control/vm", "internal/control/vnet", false},
		{"internal/api/resource", "internal/api/resource/compute", true},
		{"internal/api/resource/compute", "internal/api/resource/frame", true},
		{"internal/api/resource/compute", "internal/api/resource/network", false},
		{"internal/api/resource/frame", "internal/api/resource/network", false},
		{"internal/api/resource/compute", "internal/engine", true},
		{"internal/schema", "internal/store", false},
		{"cmd/dewpoint", "internal/control/vm", true},
		{"internal/store", "cmd/dewpoint", false},
	}
	for _, tt := range tests {
		if text := breach(tt.from, tt.to); (text == "") != tt.allowed {
			t.Errorf("%s → %s: allowed is %t, want %t", tt.from, tt.to, text == "", tt.allowed)
		}
	}
}

// TestLibraries sees to it that each heavy library stays behind the package it belongs to.
func TestLibraries(t *testing.T) {
	t.Parallel()
	for _, p := range load(t) {
		for _, lib := range libraries {
			if slices.ContainsFunc(lib.owners, func(owner string) bool { return p.place() == owner || !lib.alone && isBelow(p.place(), owner) }) {
				continue
			}
			for _, imported := range p.Imports {
				if strings.HasPrefix(imported, lib.path) {
					t.Errorf("%s imports %s: only %s may", p.place(), imported, strings.Join(lib.owners, ", "))
				}
			}
		}
	}
}

// TestDriversHaveOneLibrary: a host driver stands for one thing outside, and needs one library for it.
func TestDriversHaveOneLibrary(t *testing.T) {
	t.Parallel()
	for _, p := range load(t) {
		if from, _ := area(p.place()); from != "host" {
			continue
		}
		var vendors []string
		for _, imported := range p.Imports {
			if vendor := vendorOf(imported); vendor != "" && !slices.Contains(vendors, vendor) {
				vendors = append(vendors, vendor)
			}
		}
		if len(vendors) > 1 {
			t.Errorf("%s uses the libraries of %s: one is its limit", p.place(), strings.Join(vendors, " and "))
		}
	}
}

// vendorOf names whose library an import is; "" for the standard library, ours and the small ones.
func vendorOf(imported string) string {
	first, rest, _ := strings.Cut(imported, "/")
	if !strings.Contains(first, ".") {
		return ""
	}
	for _, prefix := range small {
		if strings.HasPrefix(imported, prefix) {
			return ""
		}
	}
	owner, _, _ := strings.Cut(rest, "/")
	return path.Join(first, owner)
}

func isBelow(place, owner string) bool {
	return place == owner || strings.HasPrefix(place, owner+"/")
}

// TestReasons: two owners of a library need a reason.
func TestReasons(t *testing.T) {
	t.Parallel()
	for _, lib := range libraries {
		if len(lib.owners) > 1 && lib.why == "" {
			t.Errorf("%s has %d owners and no reason", lib.path, len(lib.owners))
		}
	}
}

func TestPackageNamesAndDocs(t *testing.T) {
	t.Parallel()
	for _, p := range load(t) {
		for _, part := range strings.Split(p.place(), "/") {
			if slices.Contains(vague, part) {
				t.Errorf("%s: %q does not say what is inside", p.place(), part)
			}
		}
		if p.Doc == "" {
			t.Errorf("%s has no package comment", p.place())
		}
	}
}

// TestProcessesAreStartedInOnePlace: elsewhere nothing of the program may start one.
func TestProcessesAreStartedInOnePlace(t *testing.T) {
	t.Parallel()
	for _, p := range load(t) {
		if p.place() == starts || slices.Contains(startsForTests, p.place()) {
			continue
		}
		if slices.Contains(p.Imports, "os/exec") {
			t.Errorf("%s imports os/exec: programs are started by %s", p.place(), starts)
		}
		for _, file := range p.GoFiles {
			text, err := os.ReadFile(filepath.Join("../..", p.place(), file))
			if err != nil {
				t.Fatal(err)
			}
			if call := startsProcess.Find(text); call != nil {
				t.Errorf("%s/%s calls %s: programs are started by %s", p.place(), file, call, starts)
			}
		}
	}
	for _, place := range startsForTests {
		if !strings.HasSuffix(place, "test") {
			t.Errorf("%s may start processes, but its name does not say that it is for tests", place)
		}
	}
}

// startsProcess matches the calls that start programs without os/exec.
var startsProcess = regexp.MustCompile(`\b(os\.StartProcess|syscall\.(ForkExec|StartProcess|Exec)|unix\.Exec)\b`)
