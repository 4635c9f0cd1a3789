package soak

import (
	"strings"
)

// shrink leaves out one piece of a request after the other, for as long as the reply is as bad.
func (g *generator) shrink(r *request, kind string) *request {
	for _, smaller := range pieces(r) {
		next := r.clone()
		smaller(next)
		if reply, took, err := g.send(next); err == nil {
			if c := g.judge(next, reply, took); c != nil && c.kind == kind {
				r = next
			}
		}
	}
	return r
}

// pieces returns what leaves each piece of a request out.
func pieces(r *request) (list []func(*request)) {
	for _, name := range sortedKeys(r.query) {
		list = append(list, func(r *request) { r.query.Del(name) })
	}
	for _, name := range sortedKeys(r.headers) {
		list = append(list, func(r *request) { delete(r.headers, name) })
	}
	for _, name := range sortedKeys(r.object) {
		list = append(list, func(r *request) { delete(r.object, name) })
	}
	return list
}

// longestLine is how much of a request is printed; the seed brings it back whole.
const longestLine = 2000

// curl writes a request as a line for a shell.
func (g *generator) curl(r *request) string {
	quote := func(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
	line := []string{"curl", "-i", "-X", r.op.method, quote(g.s.URL + r.url())}
	for _, name := range sortedKeys(r.headers) {
		line = append(line, "-H", quote(name+": "+r.headers[name]))
	}
	if text := g.credentials[r.who]; text != "" {
		line = append(line, "-H", quote("Authorization: "+text))
	}
	if body := r.body(); len(body) > 0 {
		line = append(line, "-H", quote("Content-Type: application/json"), "--data-binary", quote(string(body)))
	}
	text := strings.Join(line, " ")
	return text[:min(len(text), longestLine)]
}
