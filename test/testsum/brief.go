package main

import (
	"fmt"
	"regexp"
	"strings"
)

// said begins what a test says: the place in its file.
var said = regexp.MustCompile(`(?m)^ +[a-z0-9_]+\.go:[0-9]+: `)

// How much is repeated of one test: messages, and bytes of each.
const (
	briefMessages = 8
	briefBytes    = 600
)

// brief repeats what a failed test said, shortened: whoever reads only the end of a long output, where a server's log may stand, finds the reason there.
func brief(pkg string, t *test) string {
	if t.name == "" || t.blamed {
		return ""
	}
	text := t.output.String()
	var b strings.Builder
	fmt.Fprintf(&b, "failed: %s %s\n", pkg, t.name)
	places := said.FindAllStringIndex(text, -1)
	for i, place := range places[max(0, len(places)-briefMessages):] {
		end := len(text)
		if next := max(0, len(places)-briefMessages) + i + 1; next < len(places) {
			end = places[next][0]
		}
		message := text[place[0]:end]
		if len(message) > briefBytes {
			message = strings.ToValidUTF8(message[:briefBytes], "") + " ...\n"
		}
		b.WriteString(message)
	}
	if len(places) == 0 {
		b.WriteString(strings.ToValidUTF8(text[max(0, len(text)-briefBytes):], ""))
	}
	return b.String()
}
