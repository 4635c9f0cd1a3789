package sqlite

import (
	"context"
	"crypto/sha1"
	"database/sql/driver"
	"encoding/hex"
	"errors"
	"io"
	"regexp"
	"sync"
	"sync/atomic"
	"unicode/utf8"

	"modernc.org/sqlite"

	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// registerFunctions adds the functions that rendered queries use and SQLite lacks. The driver keeps them for the whole process.
var registerFunctions = sync.OnceValue(func() error {
	return errors.Join(
		sqlite.RegisterDeterministicScalarFunction("regexp", 2, matchRegexp),
		sqlite.RegisterDeterministicScalarFunction("sha1", 1, func(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
			sum := sha1.Sum([]byte(schema.ValueOf(args[0]).Text()))
			return hex.EncodeToString(sum[:]), nil
		}),
	)
})

// running holds the patterns of the statements that run now, by the numbers that stand for them in the statements' arguments: so each is
// compiled once, however many rows and other patterns there are, and a call knows when its statement is to stop.
var (
	running sync.Map // of int64 → *pattern
	lastRun atomic.Int64
)

type pattern struct {
	*regexp.Regexp
	ctx context.Context // of the statement
}

// Arguments implements store.Dialect: a pattern is compiled, and the statement gets its number.
func (dialect) Arguments(ctx context.Context, args []any) (fitting []any, done func(), err error) {
	var numbers []int64
	done = func() {
		for _, n := range numbers {
			running.Delete(n)
		}
	}
	fitting = args
	for i, a := range args {
		text, ok := a.(store.Pattern)
		if !ok {
			continue
		}
		re, err := regexp.Compile(string(text))
		if err != nil {
			done()
			return nil, nil, err
		}
		if len(numbers) == 0 {
			fitting = append([]any(nil), args...)
		}
		n := lastRun.Add(1)
		running.Store(n, &pattern{re, ctx})
		numbers, fitting[i] = append(numbers, n), n
	}
	return fitting, done, nil
}

// plainLength is the length in bytes of texts that are matched in one go. Matching takes time in proportion to the length and to the pattern,
// whose size package query bounds: some milliseconds.
const plainLength = 1 << 10

func matchRegexp(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
	number, ok := args[0].(int64)
	if !ok || args[1] == nil {
		return nil, nil
	}
	found, ok := running.Load(number)
	if !ok {
		return nil, errors.New("a pattern is used outside of its statement")
	}
	p := found.(*pattern)
	if err := p.ctx.Err(); err != nil {
		return nil, err
	}
	text := schema.ValueOf(args[1]).Text()
	if len(text) <= plainLength {
		return p.MatchString(text), nil
	}
	matches := p.MatchReader(&runes{text: text, ctx: p.ctx})
	return matches, p.ctx.Err()
}

// runes reads a text until its statement is to stop: the only way to end a match early.
type runes struct {
	text string
	ctx  context.Context
}

// ReadRune implements io.RuneReader.
func (r *runes) ReadRune() (rune, int, error) {
	if r.text == "" || r.ctx.Err() != nil {
		return 0, 0, io.EOF
	}
	c, size := utf8.DecodeRuneInString(r.text)
	r.text = r.text[size:]
	return c, size, nil
}
