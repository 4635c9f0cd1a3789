package main

import (
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/evanw/esbuild/pkg/api"
)

// fromHere is the folder of the sources, seen from this one.
const fromHere = "../" + sources

// shownText finds literals with words that people would see or hear, in what esbuild makes of JSX: children and attributes, and among several children
// what has a blank or begins with a capital.
var shownText = regexp.MustCompile("\\b(?:children|\"?(?:aria-label|title|placeholder|alt|label)\"?): [\"`][^\"`]*\\pL{2}[^\"`]*[\"`]|[,\\[]\\s*\"(?:[^\"\\n]*\\pL{2}[^\"\\n]* [^\"\\n]*|[^\"\\n]* [^\"\\n]*\\pL{2}[^\"\\n]*|\\p{Lu}\\pL[^\"\\n]*)\"\\s*[,\\]]")

// textsIn returns them.
func textsIn(t *testing.T, source string) []string {
	t.Helper()
	result := api.Transform(source, api.TransformOptions{Loader: api.LoaderTSX, JSX: api.JSXAutomatic, JSXImportSource: "preact", Charset: api.CharsetUTF8})
	if len(result.Errors) > 0 {
		t.Fatal(result.Errors[0].Text)
	}
	return shownText.FindAllString(string(result.Code), -1)
}

// TestNoTextOutsideMessages looks for words that people read in any other file than that of the messages.
func TestNoTextOutsideMessages(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{`<p>Two words</p>`, `<p>One {x} more</p>`, `<p>{x} more</p>`, `<input placeholder="Name" />`, `<b aria-label={"Close"} />`} {
		if len(textsIn(t, "const a = "+bad+";")) == 0 {
			t.Errorf("the text in %s isn't found", bad)
		}
	}
	if found := textsIn(t, `const a = <p class="quiet" dir="auto">{t("some.text")} · {x}</p>;`); found != nil {
		t.Errorf("found %q", found)
	}
	files := 0
	for _, source := range sourcesOf(t, ".tsx") {
		files++
		text, err := os.ReadFile(source)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range textsIn(t, string(text)) {
			t.Errorf("%s: %s stands outside of the messages", source, strings.TrimSpace(found))
		}
	}
	if files < 10 {
		t.Errorf("%d files were looked at", files)
	}
}

// said finds names of messages.
var said = regexp.MustCompile("\"((?:[a-z_]+\\.)+[a-z_A-Z]+)\"|`([a-z]+)\\.\\$\\{")

// TestEveryMessageIsUsed: what nobody shows is nobody's to translate.
func TestEveryMessageIsUsed(t *testing.T) {
	t.Parallel()
	used, begun := map[string]bool{}, map[string]bool{}
	for _, source := range append(sourcesOf(t, ".tsx"), sourcesOf(t, ".ts")...) {
		if strings.Contains(source, "/messages/") {
			continue
		}
		text, err := os.ReadFile(source)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range said.FindAllStringSubmatch(string(text), -1) {
			used[m[1]], begun[m[2]] = true, true
		}
	}
	text, err := os.ReadFile(filepath.Join(fromHere, "src/messages/en.ts"))
	if err != nil {
		t.Fatal(err)
	}
	names := regexp.MustCompile(`(?m)^\t"([^"]+)":`).FindAllStringSubmatch(string(text), -1)
	for _, m := range names {
		group, _, _ := strings.Cut(m[1], ".")
		if !used[m[1]] && !begun[group] {
			t.Errorf("nothing shows the message %s", m[1])
		}
	}
	if len(names) < 50 {
		t.Errorf("there are %d messages", len(names))
	}
}

func sourcesOf(t *testing.T, ending string) (files []string) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(fromHere, "src"), func(path string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ending) {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestTypes has TypeScript check the sources.
func TestTypes(t *testing.T) {
	t.Parallel()
	compiler := filepath.Join(fromHere, "node_modules", ".bin", "tsc")
	if _, err := os.Stat(compiler); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("the sources' packages aren't installed; run go generate ./internal/web")
	}
	cmd := exec.Command("node_modules/.bin/tsc", "-p", ".")
	cmd.Dir = fromHere
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestBuilt: what is committed is what the sources give.
func TestBuilt(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat(filepath.Join(fromHere, "node_modules", "preact")); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("the sources' packages aren't installed; run go generate ./internal/web")
	}
	b, err := bundleOf(fromHere)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.check(); err != nil {
		t.Error(err)
	}
	page, err := b.page(filepath.Join(fromHere, "index.html"))
	if err != nil {
		t.Fatal(err)
	}
	if have, err := os.ReadFile("../ui/index.html"); err != nil || string(have) != string(page) {
		t.Errorf("internal/web/ui is out of date (%v): run go generate ./internal/web", err)
	}
	for _, f := range b.files {
		if have, err := os.ReadFile("../ui/assets/" + f.name + ".br"); err != nil || string(have) != string(f.brotli) {
			t.Errorf("%s is out of date (%v): run go generate ./internal/web", f.name, err)
		}
	}
}

// TestBudgets: a page that is too large is refused.
func TestBudgets(t *testing.T) {
	t.Parallel()
	whole := func(first, page int) *bundle {
		b := &bundle{}
		b.files = []file{{name: "main.js", gzip: make([]byte, first)}, {name: "main.css"}, {name: "page.js", gzip: make([]byte, page)}}
		text := `{"outputs":{"assets/main.js":{"entryPoint":"src/main.tsx","cssBundle":"assets/main.css","imports":[{"path":"assets/page.js","kind":"dynamic-import"}]},` +
			`"assets/main.css":{},"assets/page.js":{"entryPoint":"src/page.tsx","imports":[{"path":"assets/main.js","kind":"import-statement"}]}}}`
		if err := json.Unmarshal([]byte(text), &b.meta); err != nil {
			t.Fatal(err)
		}
		return b
	}
	for _, c := range []struct {
		first, page int
		fits        bool
	}{{mostFirst, mostPage, true}, {mostFirst + 1, 0, false}, {0, mostPage + 1, false}} {
		if err := whole(c.first, c.page).check(); (err == nil) != c.fits {
			t.Errorf("%d and %d bytes: %v", c.first, c.page, err)
		}
	}
}
