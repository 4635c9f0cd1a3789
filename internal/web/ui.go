package web

import (
	"compress/gzip"
	"embed"
	"errors"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
)

//go:generate npm --prefix ../../ui ci --ignore-scripts --no-audit --no-fund --prefer-offline
//go:generate go run dewpoint/internal/web/gen

// built is the UI as browsers load it: each file of ui/assets in two packed forms (.gz, .br), with a hash of its content in its name.
//
//go:embed ui
var built embed.FS

// uiPolicy lets the page load what is ours, and no script or style that stands in a page.
const uiPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// page answers with the UI, whatever the path: its own script tells by the path what to show.
func page(w http.ResponseWriter) {
	text, err := built.ReadFile("ui/index.html")
	if err != nil { // it is embedded
		panic(err)
	}
	h := w.Header()
	h.Set("Content-Security-Policy", uiPolicy)
	h.Set("Cache-Control", "no-cache") // it names the files of this very version
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(text)))
	w.Write(text) // nobody is left to tell when it fails
}

// asset answers with a built file, in the best form that the client takes. It never changes, for its name says what is in it.
func asset(w http.ResponseWriter, r *http.Request) {
	name := "ui" + r.URL.Path
	coding, ending := codingFor(r.Header.Get("Accept-Encoding"))
	f, err := built.Open(name + ending)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid) {
		http.NotFound(w, r)
		return
	}
	if err != nil {
		panic(err)
	}
	defer f.Close()
	h := w.Header()
	h.Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Vary", "Accept-Encoding")
	if coding != "" {
		h.Set("Content-Encoding", coding)
		io.Copy(w, f)
		return
	}
	plain, err := gzip.NewReader(f)
	if err != nil { // we packed it ourselves
		panic(err)
	}
	io.Copy(w, plain)
}

// codingFor returns what the client takes, and how the name of the file in that form ends. Who takes neither is sent what is unpacked.
func codingFor(accept string) (coding, ending string) {
	taken := map[string]bool{}
	for one := range strings.SplitSeq(accept, ",") {
		name, quality, _ := strings.Cut(one, ";")
		q := strings.ReplaceAll(strings.TrimSpace(quality), " ", "")
		taken[strings.ToLower(strings.TrimSpace(name))] = !strings.HasPrefix(q, "q=0") || strings.Trim(q, "q=0.") != ""
	}
	switch {
	case taken["br"]:
		return "br", ".br"
	case taken["gzip"]:
		return "gzip", ".gz"
	}
	return "", ".gz"
}
