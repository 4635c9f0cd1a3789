package table

import (
	"encoding/json"
	"fmt"
	"strings"
)

// codeSample is an entry of x-codeSamples, which document viewers show beside an operation.
type codeSample struct {
	Lang   string `json:"lang"`
	Label  string `json:"label"`
	Source string `json:"source"`
}

// curl is what a sample sends.
type curl struct {
	query [][2]string // name, value
	body  any
}

// of writes the lines that call an operation with curl. The paths' parameters have the values of their examples.
func (c curl) of(e endpoint) codeSample {
	path := e.path
	for _, p := range e.params {
		if p.In == "path" {
			path = strings.ReplaceAll(path, "{"+p.Name+"}", fmt.Sprint(p.Example))
		}
	}
	line := []string{"curl -k"}
	if !e.public {
		line[0] += ` -u "admin:$DEWPOINT_ADMIN_PASSWORD"`
	}
	if e.method != "GET" && (e.method != "POST" || c.body == nil) {
		line[0] += " -X " + e.method
	}
	if len(c.query) > 0 {
		line[0] += " -G"
	}
	line[0] += " " + shellWord("https://127.0.0.1:7770"+path)
	for _, q := range c.query {
		line = append(line, "--data-urlencode "+shellWord(q[0]+"="+q[1]))
	}
	if c.body != nil {
		text, err := json.Marshal(c.body)
		if err != nil { // our own examples always marshal
			panic(err)
		}
		line = append(line, "--json "+shellWord(string(text)))
	}
	return codeSample{"Shell", "curl", strings.Join(line, " \\\n  ")}
}

// shellWord quotes a word so that a shell takes it as it is.
func shellWord(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
