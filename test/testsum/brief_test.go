package main

import (
	"strings"
	"testing"
)

func TestBrief(t *testing.T) {
	t.Parallel()
	failed := &test{name: "TestA/x"}
	failed.output.WriteString("=== RUN TestA/x\n    a_test.go:7: got 1, want 2\n    host.go:3: the server's log:\n        first line\n" + strings.Repeat("        more\n", 200) + "--- FAIL: TestA/x (0.1s)\n")
	got := brief("p", failed)
	if want := "failed: p TestA/x\n    a_test.go:7: got 1, want 2\n    host.go:3: the server's log:\n"; !strings.HasPrefix(got, want) || len(got) > 2*briefBytes {
		t.Errorf("%d bytes: %s", len(got), got)
	}
	died := &test{name: "TestB"}
	died.output.WriteString("panic: boom\n")
	if got := brief("p", died); got != "failed: p TestB\npanic: boom\n" {
		t.Errorf("of one that died: %q", got)
	}
	if got := brief("p", &test{name: "TestA", blamed: true}) + brief("p", &test{}); got != "" {
		t.Errorf("of what isn't a test of its own to blame: %q", got)
	}
}
