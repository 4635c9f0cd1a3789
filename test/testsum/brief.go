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
	if len(places) == 0 {
		b.WriteString(strings.ToValidUTF8(text[max(0, len(text)-briefBytes):], ""))
	}
	places = places[max(0, len(places)-briefMessages):]
	for i, place := range places {
		message := text[place[0]:]
		if i+1 < len(places) {
			message = text[place[0]:places[i+1][0]]
		}
		if len(message) > briefBytes {
			message = strings.ToValidUTF8(message[:briefBytes], "") + " ...\n"
		}
		b.WriteString(message)
	}
	return b.String()
}
