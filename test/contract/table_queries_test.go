package contract

import (
	"bufio"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dewpoint/test/harness"
)

// TestQueriesOfRealClients sends what real clients put into fields, filter, sort, limit and offset. What this program can't answer yet is
// answered with a sentence about it, never with a failure.
func TestQueriesOfRealClients(t *testing.T) {
	t.Parallel()
	c := start(t).Table()
	served := map[string]bool{}
	for _, entry := range c.Must(200, "GET", "", nil).Rows() {
		served[entry["name"].(string)] = true
	}
	f, err := os.Open(filepath.Join(harness.Root(), "internal", "query", "testdata", "queries.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	example := strings.NewReplacer("({s})", "(name eq 'x')", "{n}", "1", "{s}", "x", "{v}", "1", "{sha1}", strings.Repeat("a", 40))
	sent := 0
	for lines := bufio.NewScanner(f); lines.Scan(); {
		cells := strings.Split(lines.Text(), "\t")
		if len(cells) < 4 || !strings.Contains(" fields filter sort limit offset ", " "+cells[2]+" ") {
			continue
		}
		sent++
		r, err := c.Do("GET", cells[1]+"?"+cells[2]+"="+url.QueryEscape(example.Replace(cells[3])), nil)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := r.Object()["err"].(string)
		switch {
		case !served[cells[1]]:
			if r.Status != 404 {
				t.Errorf("%q: status %d", cells, r.Status)
			}
		case r.Status == 422 && strings.Contains(text, "has no column"), r.Status == 400 && strings.Contains(text, "expected a column"):
			// a column that isn't built, or a piece that the client puts into another expression
		case r.Status != 200:
			t.Errorf("%q: status %d: %s", cells, r.Status, r.Body)
		}
	}
	if sent < 1000 {
		t.Errorf("only %d queries were sent", sent)
	}
}
