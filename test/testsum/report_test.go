package main

import (
	"bufio"
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReport(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		events []string
		want   totals
		says   []string // in the report
		hides  []string // not in the report
	}{
		{
			name: "a parent is not counted beside its subtests",
			events: []string{
				`{"Action":"run","Package":"p","Test":"TestA"}`,
				`{"Action":"run","Package":"p","Test":"TestA/x"}`,
				`{"Action":"run","Package":"p","Test":"TestA/y"}`,
				`{"Action":"output","Package":"p","Test":"TestA/x","Output":"chatter\n"}`,
				`{"Action":"pass","Package":"p","Test":"TestA/x"}`,
				`{"Action":"skip","Package":"p","Test":"TestA/y"}`,
				`{"Action":"pass","Package":"p","Test":"TestA"}`,
				`{"Action":"pass","Package":"p","Elapsed":0.5}`,
			},
			want:  totals{passed: 1, skipped: 1},
			says:  []string{"ok   p (0.5s): 1 passed, 0 failed, 1 skipped\n"},
			hides: []string{"chatter"},
		},
		{
			name: "a failed subtest counts once, with its output",
			events: []string{
				`{"Action":"run","Package":"p","Test":"TestA"}`,
				`{"Action":"run","Package":"p","Test":"TestA/x"}`,
				`{"Action":"output","Package":"p","Test":"TestA/x","Output":"got 1, want 2\n"}`,
				`{"Action":"fail","Package":"p","Test":"TestA/x"}`,
				`{"Action":"fail","Package":"p","Test":"TestA"}`,
				`{"Action":"fail","Package":"p"}`,
			},
			want: totals{failed: 1},
			says: []string{"got 1, want 2\n", "FAIL p"},
		},
		{
			name: "a parent that fails by itself counts",
			events: []string{
				`{"Action":"run","Package":"p","Test":"TestA"}`,
				`{"Action":"run","Package":"p","Test":"TestA/x"}`,
				`{"Action":"pass","Package":"p","Test":"TestA/x"}`,
				`{"Action":"fail","Package":"p","Test":"TestA"}`,
				`{"Action":"fail","Package":"p"}`,
			},
			want: totals{passed: 1, failed: 1},
		},
		{
			name: "a package that does not build has failed",
			events: []string{
				`{"ImportPath":"p","Action":"build-output","Output":"x.go:1: syntax error\n"}`,
				`{"ImportPath":"p","Action":"build-fail"}`,
				`{"Action":"fail","Package":"p","FailedBuild":"p"}`,
			},
			want: totals{failed: 1},
			says: []string{"x.go:1: syntax error\n"},
		},
		{
			name: "a process that dies fails the test that was running",
			events: []string{
				`{"Action":"run","Package":"p","Test":"TestA"}`,
				`{"Action":"output","Package":"p","Test":"TestA","Output":"panic: boom\n"}`,
			},
			want: totals{failed: 1},
			says: []string{"panic: boom\n"},
		},
		{
			name:   "a package without tests is passed over",
			events: []string{`{"Action":"skip","Package":"p"}`},
		},
		{
			name:   "what is no event is shown",
			events: []string{`go: no such module`},
			says:   []string{"go: no such module\n"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			r := newReport(&out)
			input := strings.Join(tt.events, "\n") + "\n"
			if err := readEvents(bufio.NewReader(strings.NewReader(input)), r.add); err != nil {
				t.Fatal(err)
			}
			if got := r.close(); got != tt.want {
				t.Errorf("totals: %v, want %v", got, tt.want)
			}
			for _, text := range tt.says {
				if !strings.Contains(out.String(), text) {
					t.Errorf("the report lacks %q:\n%s", text, out.String())
				}
			}
			for _, text := range tt.hides {
				if strings.Contains(out.String(), text) {
					t.Errorf("the report has %q:\n%s", text, out.String())
				}
			}
		})
	}
}

func TestGroups(t *testing.T) {
	t.Parallel()
	got := groups([]string{"--", "-race", "./a", "--", "./b"})
	if diff := cmp.Diff([][]string{{"-race", "./a"}, {"./b"}}, got); diff != "" {
		t.Error(diff)
	}
}
