package main

import (
	"cmp"
	"fmt"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"dewpoint/test/golden"
)

// TestHelp keeps what every command says of itself.
func TestHelp(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	writeHelp(&text, root())
	golden.Equal(t, "testdata/help.txt", text.String())
}

// writeHelp writes the help of a command and of those below it.
func writeHelp(text *strings.Builder, c *cobra.Command) {
	c.InitDefaultHelpFlag()
	c.InitDefaultVersionFlag()
	fmt.Fprintf(text, "# %s\n%s\n\n%s\n", c.CommandPath(), cmp.Or(c.Long, c.Short), c.UsageString())
	for _, below := range c.Commands() {
		writeHelp(text, below)
	}
}
