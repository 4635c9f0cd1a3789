package table_test

import (
	"net/http"
	"net/url"
	"testing"

	"dewpoint/internal/store"
	"dewpoint/test/rig"
)

// TestFoldsAllLetters holds ct and like against each other: to both, upper and lower case of any letter are the same.
func TestFoldsAllLetters(t *testing.T) {
	rig.OnEach(t, func(t *testing.T, db *store.DB) {
		s := startOn(t, db, t.TempDir())
		s.make("vms", `{"name":"a","description":"Straße ÄRA (Ωmega)"}`)
		for filter, want := range map[string]string{
			"description ct 'ära (ω'": `[{"name":"a"}]`, "description like '%ära (ω%'": `[{"name":"a"}]`, "description contains 'STRA'": `[{"name":"a"}]`,
			"description cs 'ära'": `[]`, "description ct 'ära)'": `[]`,
		} {
			q := url.Values{"fields": {"name"}, "filter": {filter}}
			same(t, filter, want, s.get("/api/v4/vms?"+q.Encode()).must(t, http.StatusOK).body)
		}
	})
}
