package table

import "testing"

func TestPatternsAreJavaScripts(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`^[a-z]{2}$`:            `^[a-z]{2}$`,
		`^[^\x00-\x{9f}]+$`:     `^[^\x00-\u009F]+$`,
		`[\x{2028}\x{fffd}/]\.`: `[\u2028\uFFFD/]\.`,
	} {
		if got := ecmaPattern(in); got != want {
			t.Errorf("%s becomes %s, want %s", in, got, want)
		}
	}
}
