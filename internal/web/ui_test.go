package web

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
)

// loaded finds what the page loads.
var loaded = regexp.MustCompile(`(?:src|href)="(/[^"]*)"`)

// TestAssets asks for all that the page loads in each form: unpacked, they are the same bytes, and kept for ever.
func TestAssets(t *testing.T) {
	t.Parallel()
	site := Site()
	text := ask(site, "GET", "/").Body.String()
	if elsewhere.MatchString(text) || regexp.MustCompile(`<script[^>]*>[^<]|style=|\son\w+=`).MatchString(text) {
		t.Errorf("the page loads something from elsewhere, or has a script or a style in it:\n%s", text)
	}
	assets := 0
	for _, m := range loaded.FindAllStringSubmatch(text, -1) {
		if !strings.HasPrefix(m[1], "/assets/") {
			continue
		}
		assets++
		var plain []byte
		for _, c := range []struct{ accept, coding string }{
			{"", ""}, {"deflate, identity", ""}, {"gzip;q=0, br;q=0.0", ""}, {"gzip", "gzip"}, {"br;q=0, gzip;q=0.5", "gzip"}, {"gzip, deflate, br", "br"}, {"BR;q=1.0", "br"},
		} {
			r := httptest.NewRequest("GET", m[1], nil)
			r.Header.Set("Accept-Encoding", c.accept)
			w := httptest.NewRecorder()
			site.ServeHTTP(w, r)
			h := w.Header()
			if w.Code != 200 || h.Get("Content-Encoding") != c.coding || h.Get("Vary") != "Accept-Encoding" || !strings.Contains(h.Get("Cache-Control"), "immutable") {
				t.Errorf("%s for %q: %d %v", m[1], c.accept, w.Code, h)
			}
			if got := unpacked(t, w.Body.Bytes(), c.coding); plain == nil {
				plain = got
			} else if !bytes.Equal(got, plain) || len(got) == 0 {
				t.Errorf("%s for %q is something else than unpacked: %d and %d bytes", m[1], c.accept, len(got), len(plain))
			}
		}
	}
	if assets != 2 {
		t.Errorf("the page loads %d files at once, want a script and a style", assets)
	}
}

func unpacked(t *testing.T, body []byte, coding string) []byte {
	t.Helper()
	var r io.Reader = bytes.NewReader(body)
	var err error
	switch coding {
	case "gzip":
		r, err = gzip.NewReader(r)
	case "br":
		r = brotli.NewReader(r)
	}
	if err == nil {
		body, err = io.ReadAll(r)
	}
	if err != nil {
		t.Fatal(err)
	}
	return body
}
