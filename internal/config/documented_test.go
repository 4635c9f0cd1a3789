package config

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "redraw the table in docs/ops/configuration.md")

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
	want := before + optionTable() + "\n" + after
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(text) != want {
		t.Errorf("%s has another table of options than the program; redraw it with -update:\n%s", file, optionTable())
	}
}
