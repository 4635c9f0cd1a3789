package table_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"dewpoint/internal/query"
)

var documentedCall = regexp.MustCompile("(?s)```http\nGET ([^\n]+)\n```\n\n```json\n(.*?)\n```")

// TestQueryReference runs the examples of docs/api/query.md and compares its limits with the language's.
func TestQueryReference(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../../docs/api/query.md")
	if err != nil {
		t.Fatal(err)
	}
	s := start(t)
	s.make("vms", `{"name":"web-1","ram":2048,"cpu_cores":2}`)
	s.make("vms", `{"name":"web-2","ram":2048,"cpu_cores":2,"enabled":false}`)
	s.make("vms", `{"name":"db","ram":8192,"cpu_cores":4,"os_family":"freebsd"}`)
	s.make("machine_drives", `{"machine":3,"name":"system","disksize":10737418240}`)
	s.make("machine_drives", `{"machine":3,"name":"data","disksize":21474836480}`)
	calls := documentedCall.FindAllStringSubmatch(string(page), -1)
	if blocks := strings.Count(string(page), "```http"); len(calls) != blocks || blocks < 10 {
		t.Errorf("%d of %d examples can be read", len(calls), blocks)
	}
	for _, call := range calls {
		var want bytes.Buffer
		if err := json.Compact(&want, []byte(call[2])); err != nil {
			t.Errorf("the reply to %s: %v", call[1], err)
		}
		same(t, call[1], want.String(), s.get(escaped(call[1])).body)
	}
	for what, most := range map[string]int{
		"bytes of one parameter": query.MaxText, "rows passed over by `offset`": query.MaxOffset, "comparisons in a filter, members of `in` lists counted singly": query.MaxConditions,
		"entries of `fields`, those in brackets included": query.MaxItems, "parentheses inside each other": query.MaxNesting,
		"brackets inside each other": query.MaxBrackets, "references crossed by one path": query.MaxSteps,
		"other rows that a request reaches": query.MaxJoins, "columns to sort by": query.MaxSort,
	} {
		if line := fmt.Sprintf("| %s | %d |", what, most); !strings.Contains(string(page), line) {
			t.Errorf("the page lacks %s", line)
		}
	}
}

// escaped writes an address with its parameters percent-encoded.
func escaped(address string) string {
	path, rest, _ := strings.Cut(address, "?")
	params := url.Values{}
	for pair := range strings.SplitSeq(rest, "&") {
		name, value, _ := strings.Cut(pair, "=")
		params.Set(name, value)
	}
	return path + "?" + params.Encode()
}
