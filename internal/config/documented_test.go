package config

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"dewpoint/test/golden"
)

// optionTable is the table of all options as the document has it.
func optionTable() string {
	var b strings.Builder
	b.WriteString("| flag | variable | in the file | default | what |\n| --- | --- | --- | --- | --- |\n")
	for _, o := range options {
		value := "none"
		if o.Default != "" {
			value = "`" + o.Default + "`"
		}
		fmt.Fprintf(&b, "| `--%s` | `%s` | `%s` | %s | %s |\n", o.Name, o.variable(), o.key(), value, o.Doc)
	}
	return b.String()
}

func TestOptionsAreDocumented(t *testing.T) {
	t.Parallel()
	const file = "../../docs/ops/configuration.md"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), "| flag |")
	_, after, ended := strings.Cut(rest, "\n\n")
	if !found || !ended {
		t.Fatal("the document has no table of options")
	}
	golden.Equal(t, file, before+optionTable()+"\n"+after)
}
