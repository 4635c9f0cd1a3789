package table

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"dewpoint/internal/errs"
)

// TestArray puts lists together that are sent at once, and one that is sent in parts.
func TestArray(t *testing.T) {
	t.Parallel()
	row := json.RawMessage(`{"text":"` + strings.Repeat("x", 1000) + `"}`)
	for _, rows := range []int{0, 1, 2, arrayChunk/len(row) + 10, 2*arrayChunk/len(row) + 10} {
		for _, pretty := range []bool{false, true} {
			w := httptest.NewRecorder()
			out := array{w: w, body: new(bytes.Buffer), pretty: pretty, long: make(turns, 1)}
			for range rows {
				if err := out.row(row); err != nil {
					t.Fatal(err)
				}
			}
			if err := out.end(); err != nil {
				t.Fatal(err)
			}
			var got []struct{ Text string }
			if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || len(got) != rows {
				t.Errorf("%d rows, indented %v: %d came out, %v", rows, pretty, len(got), err)
			}
			if kind := w.Header().Get("Content-Type"); w.Code != http.StatusOK || kind != "application/json" {
				t.Errorf("%d rows: status %d, %s", rows, w.Code, kind)
			}
		}
	}
}

// gone is a client that went away.
type gone struct{ http.ResponseWriter }

func (gone) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestArrayStopsWhenTheClientIsGone(t *testing.T) {
	t.Parallel()
	out := array{w: gone{httptest.NewRecorder()}, body: new(bytes.Buffer), long: make(turns, 1)}
	row := json.RawMessage(`"` + strings.Repeat("x", arrayChunk/4) + `"`)
	for range 10 {
		if err := out.row(row); err != nil {
			if !out.begun {
				t.Error("a part was sent and the list doesn't know")
			}
			return
		}
	}
	t.Error("rows are read for nobody")
}

// TestLongListsTakeTurns sends one list more than may be sent at once: it waits until another is through, and short ones don't wait.
func TestLongListsTakeTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		long := make(turns, 1)
		row := json.RawMessage(`"` + strings.Repeat("x", arrayChunk) + `"`)
		list := func() *array { return &array{w: httptest.NewRecorder(), body: new(bytes.Buffer), long: long} }
		first, second, third := list(), list(), list()
		if err := first.row(row); err != nil || !first.begun {
			t.Fatalf("the first list: %v", err)
		}
		short := list()
		if err := errors.Join(short.row(json.RawMessage(`1`)), short.end()); err != nil {
			t.Errorf("a short list: %v", err)
		}
		began := time.Now()
		if err := second.row(row); !errs.Is(err, errs.Unavailable) || second.begun || time.Since(began) != longWait {
			t.Errorf("a list that waits too long, after %v: %v", time.Since(began), err)
		}
		time.AfterFunc(longWait/2, first.release)
		if err := third.row(row); err != nil || time.Since(began) != longWait+longWait/2 {
			t.Errorf("a list that gets its turn, after %v: %v", time.Since(began), err)
		}
		third.release()
		if len(long) != 0 {
			t.Error("a turn was lost")
		}
	})
}
