package contract

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"dewpoint/test/harness"
)

// request makes a request of admin with further headers, in pairs.
func request(ctx context.Context, s *harness.Server, method, path, body string, headers ...string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, s.URL+"/api/v4/"+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.SetBasicAuth("admin", harness.AdminPassword)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return s.HTTP.Do(r)
}

// persist makes a request until it is answered, as a client does whose server comes back.
func persist(t *testing.T, s *harness.Server, method, path, body string, headers ...string) (status int, text string, header http.Header) {
	t.Helper()
	return persistAt(t, func() *harness.Server { return s }, method, path, body, headers...)
}

// persistAt is persist with a choice of the server for each try.
func persistAt(t *testing.T, pick func() *harness.Server, method, path, body string, headers ...string) (status int, text string, header http.Header) {
	t.Helper()
	for deadline := time.Now().Add(40 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) { // between two tries
		resp, err := request(t.Context(), pick(), method, path, body, headers...)
		if err != nil {
			continue
		}
		answer, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err == nil && resp.StatusCode != http.StatusServiceUnavailable {
			return resp.StatusCode, string(answer), resp.Header
		}
	}
	t.Errorf("%s %s: no answer within 40 s", method, path)
	return 0, "", nil
}

// TestFeedOverKills kills the server while rows are written and a client follows them: the client's copy ends the same as the table,
// without reading anew.
func TestFeedOverKills(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	const query = "clusters?fields=$key,name,description&filter=name%20bw%20'x'"
	ctx, cancel := context.WithCancel(t.Context())
	m := newWatcher(t, s, query)
	var running, writing sync.WaitGroup
	defer running.Wait()
	defer cancel()
	ready := make(chan struct{})
	running.Go(func() { m.run(ctx, sync.OnceFunc(func() { close(ready) })) })
	<-ready
	writing.Go(func() {
		for i := range 60 {
			status, _, _ := persist(t, s, "POST", "clusters", fmt.Sprintf(`{"name":"x%d"}`, i))
			if status != 201 && status != 409 { // 409: the answer to the first try was lost
				t.Errorf("create: %d", status)
			}
			list := rowsOf(t, s, query)
			var row struct {
				Key json.Number `json:"$key"`
			}
			json.Unmarshal(list[i%len(list)], &row)
			if i%3 == 2 {
				persist(t, s, "DELETE", "clusters/"+row.Key.String(), "")
			} else {
				persist(t, s, "PUT", "clusters/"+row.Key.String(), fmt.Sprintf(`{"description":"%d"}`, i))
			}
		}
	})
	for range 3 {
		before := m.progress()
		harness.Eventually(t, 20*time.Second, "the copy moves on", func() (bool, string) { return m.progress() > before+5 || m.progress() > 30, "" })
		s.Kill()
		s.Run()
	}
	writing.Wait()
	harness.Eventually(t, 10*time.Second, "the copy is complete", func() (bool, string) {
		seen := m.differs(rowsOf(t, s, query))
		return seen == "", seen
	})
	if m.resets > 0 {
		t.Errorf("the client was told %d times to read anew", m.resets)
	}
	began := time.Now()
	s.Stop()
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("an open feed held the server up for %v", took)
	}
}

func rowsOf(t *testing.T, s *harness.Server, query string) (rows []json.RawMessage) {
	t.Helper()
	_, text, _ := persist(t, s, "GET", query, "")
	json.Unmarshal([]byte(text), &rows)
	return rows
}

// TestIdempotencyOverKills kills the server while clients make rows with keys and repeat what wasn't answered: each row is made once,
// and each request has one answer, however often it is sent.
func TestIdempotencyOverKills(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	const count = 60
	answers := make([]string, count)
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			for i := worker; i < count; i += 4 {
				status, text, _ := persist(t, s, "POST", "clusters", fmt.Sprintf(`{"name":"x%d"}`, i), "Idempotency-Key", fmt.Sprint("key-", i))
				if answers[i] = text; status != 201 {
					t.Errorf("create %d: %d %s", i, status, text)
				}
			}
		})
	}
	for range 2 {
		before := len(rowsOf(t, s, "clusters?fields=$key"))
		harness.Eventually(t, 20*time.Second, "rows are made", func() (bool, string) {
			n := len(rowsOf(t, s, "clusters?fields=$key"))
			return n > before+8 || n > count-5, fmt.Sprint(n)
		})
		s.Kill()
		s.Run()
	}
	wg.Wait()
	if n := len(rowsOf(t, s, "clusters?fields=$key&filter=name%20bw%20'x'")); n != count {
		t.Errorf("%d rows, want %d", n, count)
	}
	for i, first := range answers {
		_, again, header := persist(t, s, "POST", "clusters", fmt.Sprintf(`{"name":"x%d"}`, i), "Idempotency-Key", fmt.Sprint("key-", i))
		if again != first || header.Get("Idempotent-Replayed") != "true" {
			t.Errorf("answer %d: %s, first %s", i, again, first)
		}
	}
}
