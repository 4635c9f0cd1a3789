package front_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"dewpoint/internal/api/front"
	"dewpoint/internal/errs"
)

// A sender who stalls, or may not send any more, is cut off while he is silent; what came is kept.
func TestReceiveCutsOff(t *testing.T) {
	t.Parallel()
	denied := errs.New(errs.Denied, "denied", "no more")
	for code, checks := range map[string]front.Checks{
		"denied":    {Still: func(context.Context) error { return denied }, Every: time.Millisecond},
		"chunk_cut": {Still: func(context.Context) error { return nil }, Pace: front.Pace{Idle: 50 * time.Millisecond, Window: time.Hour}},
	} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			type outcome struct {
				came string
				err  error
			}
			got := make(chan outcome, 1)
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				first := make([]byte, 3)
				if _, err := io.ReadFull(r.Body, first); err != nil {
					t.Error(err)
				}
				b := front.Receive(w, r, checks)
				defer b.Stop()
				_, err := io.ReadAll(b)
				got <- outcome{string(first), err}
			}))
			defer s.Close()
			silent, sender := io.Pipe()
			go func() { sender.Write([]byte("abc")) }()
			req, err := http.NewRequest("PUT", s.URL, silent)
			if err != nil {
				t.Fatal(err)
			}
			go func() {
				if resp, err := s.Client().Do(req); err == nil {
					resp.Body.Close()
				}
			}()
			o := <-got
			sender.Close()
			if e := errs.As(o.err); o.came != "abc" || e == nil || e.Code != code {
				t.Errorf("%q came, then %v", o.came, o.err)
			}
		})
	}
}
