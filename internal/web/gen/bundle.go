package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// entry is the script that the page loads; all else is loaded by it when it is needed.
const entry = "src/main.tsx"

// bundle is what the browser loads.
type bundle struct {
	files []file
	meta  metadata
}

// metadata is what esbuild tells of its files, by path: assets/main-ABC.js.
type metadata struct {
	Outputs map[string]struct {
		EntryPoint string                     `json:"entryPoint"`
		CSSBundle  string                     `json:"cssBundle"`
		Inputs     map[string]json.RawMessage `json:"inputs"`
		Imports    []struct{ Path, Kind string }
	}
}

func bundleOf(dir string) (*bundle, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	result := api.Build(api.BuildOptions{
		AbsWorkingDir: abs, EntryPoints: []string{entry}, Outdir: "assets", EntryNames: "[name]-[hash]", ChunkNames: "[name]-[hash]", AssetNames: "[name]-[hash]",
		Bundle: true, Splitting: true, Metafile: true, PreserveSymlinks: true, LegalComments: api.LegalCommentsNone,
		MinifyWhitespace: true, MinifyIdentifiers: true, MinifySyntax: true,
		Format: api.FormatESModule, Target: api.ES2022, Charset: api.CharsetUTF8, JSX: api.JSXAutomatic, JSXImportSource: "preact",
		Define: map[string]string{"process.env.NODE_ENV": `"production"`},
	})
	if len(result.Errors)+len(result.Warnings) > 0 {
		text := api.FormatMessages(append(result.Errors, result.Warnings...), api.FormatMessagesOptions{})
		return nil, fmt.Errorf("%s", strings.Join(text, ""))
	}
	b := &bundle{}
	if err := json.Unmarshal([]byte(result.Metafile), &b.meta); err != nil {
		return nil, err
	}
	for _, out := range result.OutputFiles {
		f, err := pack(filepath.Base(out.Path), out.Contents)
		if err != nil {
			return nil, err
		}
		b.files = append(b.files, f)
	}
	slices.SortFunc(b.files, func(a, b file) int { return strings.Compare(a.name, b.name) })
	return b, nil
}

// first returns the script that the page loads, and its style.
func (b *bundle) first() (script, style string, err error) {
	for name, out := range b.meta.Outputs {
		if out.EntryPoint == entry {
			return path.Base(name), path.Base(out.CSSBundle), nil
		}
	}
	return "", "", fmt.Errorf("esbuild made nothing of %s", entry)
}

// page puts the names of what is loaded first into the page.
func (b *bundle) page(template string) ([]byte, error) {
	text, err := os.ReadFile(template)
	if err != nil {
		return nil, err
	}
	script, style, err := b.first()
	if err != nil {
		return nil, err
	}
	for placeholder, name := range map[string]string{"SCRIPT": script, "STYLE": style} {
		if bytes.Count(text, []byte(placeholder)) != 1 {
			return nil, fmt.Errorf("%s has to have %s once", template, placeholder)
		}
		text = bytes.Replace(text, []byte(placeholder), []byte("/assets/"+name), 1)
	}
	return text, nil
}

// licences joins those of all packages that something of is in the bundle.
func (b *bundle) licences(dir string) ([]byte, error) {
	packages := map[string]bool{}
	for _, out := range b.meta.Outputs {
		for input := range out.Inputs {
			if rest, ok := strings.CutPrefix(input, "node_modules/"); ok {
				parts := strings.SplitN(rest, "/", 3)
				name := parts[0]
				if strings.HasPrefix(name, "@") {
					name += "/" + parts[1]
				}
				packages[name] = true
			}
		}
	}
	var all bytes.Buffer
	for _, name := range sorted(packages) {
		found, err := filepath.Glob(filepath.Join(dir, "node_modules", name, "LICENSE*"))
		if err != nil || len(found) == 0 {
			return nil, fmt.Errorf("the package %s brings no licence: %v", name, err)
		}
		text, err := os.ReadFile(found[0])
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&all, "%s\n\n%s\n\n", name, bytes.TrimSpace(text))
	}
	return all.Bytes(), nil
}
