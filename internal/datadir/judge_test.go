package datadir

import (
	"strings"
	"testing"
)

// TestJudge goes through what may come together.
func TestJudge(t *testing.T) {
	t.Parallel()
	marked := func(instance, lineage string, generation int64) directory {
		return directory{path: "/d", instance: instance, server: "me", bytes: true, mark: &Mark{Instance: instance, Lineage: lineage, Generation: generation}}
	}
	unmarked := func(instance string, bytes bool) directory {
		return directory{path: "/d", instance: instance, server: "me", bytes: bytes}
	}
	db := func(instance, lineage string, generation int64) database {
		return database{where: "the database", instance: instance, lineage: lineage, generation: generation, bytes: true}
	}
	helped := func(d database) database { d.keeper = "another"; return d }
	bare := func(d database) database { d.bytes = false; return d }
	for name, test := range map[string]struct {
		dir  directory
		db   database
		want string // in the refusal; "" for none
	}{
		"both new":                                 {directory{path: "/d"}, database{}, ""},
		"the same":                                 {marked("a", "l", 7), db("a", "l", 7), ""},
		"a mark that is behind":                    {marked("a", "l", 5), db("a", "l", 7), ""},
		"an older database":                        {marked("a", "l", 9), db("a", "l", 7), "older"},
		"one from before lineages":                 {marked("a", "l", 9), db("a", "", 7), "older"},
		"another lineage":                          {marked("a", "l", 7), db("a", "m", 9), "different ways"},
		"no lineage, and yet as far":               {marked("a", "l", 7), db("a", "", 7), "different ways"},
		"another installation":                     {marked("a", "l", 7), db("b", "m", 9), "installation b"},
		"an empty database":                        {marked("a", "l", 7), database{}, "empty"},
		"an empty one beside an older version's":   {unmarked("a", true), database{}, "empty"},
		"an empty one beside nothing that counts":  {unmarked("a", false), database{}, ""},
		"upgraded":                                 {unmarked("a", true), db("a", "", 7), ""},
		"upgraded, killed before the mark":         {unmarked("a", true), db("a", "l", 7), ""},
		"another installation, no mark":            {unmarked("a", true), db("b", "", 7), "installation b"},
		"a new directory":                          {unmarked("", false), db("a", "l", 7), "mounted"},
		"a new directory, killed at first start":   {unmarked("", false), bare(db("a", "l", 7)), ""},
		"bytes that no row knows":                  {unmarked("", true), bare(db("a", "l", 7)), "neither"},
		"a helper":                                 {unmarked("", false), helped(db("a", "l", 7)), ""},
		"the keeper's directory, another's now":    {marked("a", "l", 7), helped(db("a", "l", 3)), ""},
		"a helper in another installation's place": {marked("a", "l", 7), helped(db("b", "m", 9)), "installation b"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := judge(test.dir, test.db)
			if (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
				t.Errorf("got %q, want something with %q", got, test.want)
			}
		})
	}
}
