package table_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// scanners is how many requests one user lets run at once.
const scanners = 32

// TestLoginsDoNotWaitForScans lets an ordinary user search by patterns that take as long as they are let, while another logs in and reads.
func TestLoginsDoNotWaitForScans(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.db.Limits.Scan = time.Minute // so that none ends meanwhile
	s.make("users", `{"name":"ann","password":"`+adminPassword+`"}`)
	scanner := s.make("users", `{"name":"eve","password":"`+adminPassword+`"}`)
	machine := s.make("vms", `{"name":"first"}`)
	identity := s.get("/api/v4/users/"+scanner+"?fields=identity").must(t, 200).object(t)["identity"]
	s.make("permissions", fmt.Sprintf(`{"identity":%v,"table":"machines","row":0,"list":true,"read":true}`, identity))
	s.grantRow(s.userKey("ann"), "vms", machine)
	s.fillMachines(20_000)
	defer s.scan(basic("eve", adminPassword))()
	for range 10 {
		for !t.Failed() && s.db.Scanning() == 0 { // the first of them may be on its way yet
			time.Sleep(time.Millisecond)
		}
		token, ok := s.send("POST", "/api/sys/tokens", strings.NewReader(`{"login":"ann","password":"`+adminPassword+`"}`), nobody).must(t, 200).object(t)["$key"].(string)
		if !ok {
			t.Fatal("no token")
		}
		s.send("GET", "/api/v4/vms/"+machine, nil, header("x-yottabyte-token", token)).must(t, 200)
		if s.db.Scanning() == 0 {
			t.Fatal("no scan is under way, so this shows nothing")
		}
	}
}

func (s *server) userKey(name string) string {
	s.t.Helper()
	body := s.get("/api/v4/users?fields=$key&filter="+url.QueryEscape("name eq '"+name+"'")).must(s.t, 200).body
	return strings.Trim(body[strings.Index(body, ":")+1:], " }]\n")
}

// fillMachines makes rows with long texts, each of which takes a pattern its time.
func (s *server) fillMachines(n int) {
	s.t.Helper()
	err := s.db.Update(s.t.Context(), func(tx *store.Tx) error {
		long := strings.Repeat("lorem ipsum dolor sit amet abcdefghij ", 20)
		for i := range n {
			r := schema.NewRecord(tx.Schema().Table("machines"))
			r.Put("name", schema.TextValue(fmt.Sprint(long, i)))
			r.Put("type", schema.TextValue("vm"))
			if _, err := tx.Insert(r); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// scan sends hostile searches, each again and again, until the function that it returns has been called and all have ended.
func (s *server) scan(as credential) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	for i := range scanners {
		filter := fmt.Sprintf(`name rx '([a-z ]{1,30}x){1,30}!%d$'`, i)
		if i%2 == 1 {
			filter = fmt.Sprintf(`name like '%s!%d'`, strings.Repeat("%a_", 150), i)
		}
		group.Go(func() {
			for ctx.Err() == nil {
				r, err := http.NewRequestWithContext(ctx, "GET", s.URL+"/api/v4/machines?fields=$key&filter="+url.QueryEscape(filter), nil)
				if err != nil {
					s.t.Error(err)
					return
				}
				as(r)
				resp, err := s.Client().Do(r)
				if err != nil {
					continue
				}
				if _, err := io.Copy(io.Discard, resp.Body); err == nil && resp.StatusCode == 403 {
					s.t.Error("the scanner may not search")
				}
				resp.Body.Close()
			}
		})
	}
	return func() { cancel(); group.Wait() }
}
