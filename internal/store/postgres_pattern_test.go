package store_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"pgregory.net/rapid"

	"dewpoint/internal/query/querytest"
	"dewpoint/internal/store"
)

// matcher asks PostgreSQL whether translated patterns match.
func matcher(t *testing.T) func(pattern, text string) (bool, error) {
	db := onPostgres.connect(t, onPostgres.place(t), querytest.Schema())
	return func(pattern, text string) (is bool, err error) {
		translated, err := store.AdvancedPattern(pattern)
		if err != nil {
			return false, err
		}
		err = db.Reader().QueryRow(`SELECT $1::text COLLATE "C" ~ $2::text`, text, translated).Scan(&is)
		return is, err
	}
}

// TestPatternsMeanTheSame holds PostgreSQL's expressions against Go's.
func TestPatternsMeanTheSame(t *testing.T) {
	t.Parallel()
	matches := matcher(t)
	rapid.Check(t, func(t *rapid.T) {
		pattern := randomPattern(t, 3)
		re, err := regexp.Compile(pattern)
		if err != nil {
			t.Skip(err)
		}
		for range 10 {
			text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(patternTexts), 0, 6).Draw(t, "text"), "")
			is, err := matches(pattern, text)
			if tooComplex(err) {
				t.Skip(err) // requests with it are refused
			}
			if err != nil {
				t.Fatalf("%q: %v", pattern, err)
			}
			if want := re.MatchString(text); is != want {
				translated, _ := store.AdvancedPattern(pattern)
				t.Fatalf("%q on %q: %t, want %t\n%s", pattern, text, is, want, translated)
			}
		}
	})
}

// tooComplex reports the error of an expression that is a legal one, but more than PostgreSQL takes.
func tooComplex(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && e.Code == "2201B" && strings.HasSuffix(e.Message, "too complex")
}

var patternTexts = []string{"a", "b", "A", "k", "\u212a", "1", "_", "-", " ", "\n", "\t", "é", "É", "ß", "Σ", "ς", "\U0001f600", `\`, "[", "]", "^", "$", ".", "*", "(", "'", "x"}

var patternAtoms = []string{
	"a", "b", "k", "é", "Σ", "1", "-", " ", ".", "^", "$", `\A`, `\z`, `\b`, `\B`, `\d`, `\D`, `\w`, `\W`, `\s`, `\S`, `\n`, `\\`, `\[`, `\.`, `\*`, `\Q(*\E`,
	"[a-c]", "[^a]", "[^a-zA-Z]", `[\]\\^-]`, "[[:alpha:]]", "[[:^digit:]]", `\pL`, `\PL`, `\p{Greek}`, `[^\x00-\x{10FFFF}]`, `\x00`, `\x{1f600}`, `[\d_]`, "(?i:k)", "(?i:[a-b])",
	"(?s:.)", "(?m:^)", "(?m:$)", "()", "[^\\n]", "***", "(?i)", "(?U)",
}

// randomPattern draws an expression, which isn't always one.
func randomPattern(t *rapid.T, depth int) string {
	var b strings.Builder
	for range rapid.IntRange(1, 4).Draw(t, "length") {
		atom := rapid.SampledFrom(patternAtoms).Draw(t, "atom")
		if depth > 0 && rapid.IntRange(0, 3).Draw(t, "group") == 0 {
			open := rapid.SampledFrom([]string{"(", "(?:", "(?i:", "(?m:", "(?s:", "(?P<n>"}).Draw(t, "open")
			atom = open + randomPattern(t, depth-1) + ")"
		}
		b.WriteString(atom + rapid.SampledFrom([]string{"", "", "", "*", "+", "?", "*?", "+?", "{2}", "{1,3}", "{0,}", "{0}", "|"}).Draw(t, "times"))
	}
	return b.String()
}

// TestPatternsTakeBoundedTime sends what keeps other engines busy for ages, and what is large.
func TestPatternsTakeBoundedTime(t *testing.T) {
	t.Parallel()
	matches := matcher(t)
	text := strings.Repeat("a", 2_000) + "!"
	for _, pattern := range []string{
		"(a+)+$", "(a|a)*$", "(a*)*b", "(?:a?){150}a{150}b", "(.*)(.*)(.*)(.*)(.*)[^a]b", "a{1000}$", strings.Repeat("a?", 400) + "b", `(?:\pL+\PL?)+$`, strings.Repeat(`\pL`, 300), `(\b\w*\b)+$`,
	} {
		start := time.Now()
		is, err := matches(pattern, text)
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%.60q took %s", pattern, took)
		}
		if err != nil {
			t.Errorf("%.60q: %v", pattern, err)
			continue
		}
		if want := regexp.MustCompile(pattern).MatchString(text); is != want {
			t.Errorf("%.60q: %t, want %t", pattern, is, want)
		}
	}
}
