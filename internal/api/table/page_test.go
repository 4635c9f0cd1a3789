package table_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"dewpoint/internal/schema"
)

// frame is what a page is told.
type frame struct {
	Name   string           `json:"name"`
	Event  string           `json:"event"`
	ID     int64            `json:"id"`
	Data   json.RawMessage  `json:"data"`
	Status int              `json:"status"`
	Err    string           `json:"err"`
	IDs    map[string]int64 `json:"ids"`
}

// String leaves out what differs from run to run.
func (f frame) String() string {
	text := strings.TrimSpace(f.Name + " " + f.Event + " " + string(f.Data))
	if f.Err != "" {
		text += fmt.Sprintf(" %d %s", f.Status, f.Err)
	}
	return text
}

// browser is a page's connection.
type browser struct {
	t    testing.TB
	conn *websocket.Conn
	in   chan frame // closed at the end
	end  error
	last map[string]int64
}

func (s *server) dial(with credential) (*websocket.Conn, *http.Response, error) {
	r, err := http.NewRequest("GET", s.URL, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	with(r)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return websocket.Dial(ctx, s.URL+"/api/sys/feed", &websocket.DialOptions{HTTPClient: s.Client(), HTTPHeader: r.Header})
}

func (s *server) browse(with credential) *browser {
	s.t.Helper()
	conn, _, err := s.dial(with)
	if err != nil {
		s.t.Fatal(err)
	}
	conn.SetReadLimit(1 << 20)
	b := &browser{t: s.t, conn: conn, in: make(chan frame, 10_000), last: map[string]int64{}}
	s.t.Cleanup(func() { conn.CloseNow() })
	go func() {
		defer close(b.in)
		for {
			_, text, err := conn.Read(context.Background())
			if err != nil {
				b.end = err
				return
			}
			var f frame
			if err := json.Unmarshal(text, &f); err != nil {
				b.end = fmt.Errorf("%s: %w", text, err)
				return
			}
			b.in <- f
		}
	}()
	return b
}

func (b *browser) send(text string) {
	b.t.Helper()
	if err := b.conn.Write(context.Background(), websocket.MessageText, []byte(text)); err != nil {
		b.t.Fatal(err)
	}
}

// next returns the next frame that isn't there to show that the connection is alive.
func (b *browser) next() frame {
	b.t.Helper()
	for {
		select {
		case f, ok := <-b.in:
			switch {
			case !ok:
				b.t.Fatalf("the connection has ended: %v", b.end)
			case f.Event == "alive":
				continue
			}
			if f.ID != 0 {
				b.last[f.Name] = f.ID
			}
			return f
		case <-time.After(20 * time.Second):
			b.t.Fatal("nothing within 20 s")
		}
	}
}

// hears checks the next frames.
func (b *browser) hears(want ...string) {
	b.t.Helper()
	for _, w := range want {
		same(b.t, "frame", w, b.next().String())
	}
}

// closed waits for the end of the connection and returns why it has ended.
func (b *browser) closed() websocket.CloseError {
	b.t.Helper()
	after := time.After(30 * time.Second)
	for {
		select {
		case _, ok := <-b.in:
			if ok {
				continue
			}
			var end websocket.CloseError
			if code := websocket.CloseStatus(b.end); code == -1 {
				b.t.Fatalf("the connection has ended without a reason: %v", b.end)
			} else {
				end.Code = code
			}
			end.Reason = b.end.Error()
			return end
		case <-after:
			b.t.Fatal("the connection goes on")
		}
	}
}

func TestPageFollowsSeveralTables(t *testing.T) {
	t.Parallel()
	s := start(t)
	b := s.browse(admin)
	b.send(`{"set":"vms","table":"vms","fields":"name,ram","filter":"ram gt 512"}`)
	b.send(`{"set":"nets","table":"vnets","fields":"name"}`)
	b.hears("vms ready", "nets ready")
	vm := s.make("vms", `{"name":"a","ram":1024}`)
	b.hears(`vms created {"$key":` + vm + `,"name":"a","ram":1024}`)
	net := s.make("vnets", `{"name":"lan","network":"10.1.0.0/24"}`)
	b.hears(`nets created {"$key":` + net + `,"name":"lan"}`)
	b.send(`{"drop":"nets"}`)
	b.send(`{"set":"vms","table":"vms","fields":"name","keys":[` + vm + `]}`)
	b.hears("vms ready")
	other := s.make("vms", `{"name":"unseen"}`)
	s.put("/api/v4/vms/"+other, `{"name":"unseen2"}`).must(t, 200)
	s.put("/api/v4/vnets/"+net, `{"description":"x"}`).must(t, 200)
	s.put("/api/v4/vms/"+vm, `{"name":"b"}`).must(t, 200)
	b.hears(`vms changed {"$key":` + vm + `,"name":"b"}`)
	b.send(`{"set":"bad","table":"vms","filter":"nothing eq 1"}`)
	if f := b.next(); f.Name != "bad" || f.Event != "error" || f.Status != 422 || f.Err == "" {
		t.Errorf("a filter that can't be read: %+v", f)
	}
	b.send(`{"set":"bad","table":"nothing"}`)
	if f := b.next(); f.Event != "error" || f.Status != 404 {
		t.Errorf("a table that there isn't: %+v", f)
	}
	s.send("DELETE", "/api/v4/vms/"+vm, nil).must(t, 200)
	b.hears(`vms deleted {"$key":` + vm + `}`)
}

func TestPageEndsOnWhatItCantRead(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, text := range []string{`{`, `[]`, `{}`, `{"set":"a","drop":"a"}`, `{"set":"a b","table":"vms"}`, `{"set":"` + strings.Repeat("x", 65) + `","table":"vms"}`, `{"set":"a\"","table":"vms"}`, `{"drop":""}`} {
		b := s.browse(admin)
		b.send(text)
		if end := b.closed(); end.Code != websocket.StatusPolicyViolation || !strings.Contains(end.Reason, "a frame") {
			t.Errorf("%s: %v %s", text, end.Code, end.Reason)
		}
	}
	b := s.browse(admin)
	for i := range 32 {
		b.send(fmt.Sprintf(`{"set":"s%d","table":"vms","keys":[%d]}`, i, i+1))
		b.hears(fmt.Sprintf("s%d ready", i))
	}
	b.send(`{"set":"more","table":"vms"}`)
	if f := b.next(); f.Event != "error" || f.Status != 429 {
		t.Errorf("the 33rd: %+v", f)
	}
	b.send(`{"set":"s0","table":"vms"}`)
	b.hears("s0 ready")
	b.send(`{"set":"big","table":"` + strings.Repeat("x", 70_000) + `"}`)
	if end := b.closed(); end.Code != websocket.StatusMessageTooBig {
		t.Errorf("70,000 bytes: %v", end)
	}
}

// TestPageResumes goes away and comes back, alone and while somebody else follows the same.
func TestPageResumes(t *testing.T) {
	t.Parallel()
	s := start(t)
	vm := s.make("vms", `{"name":"a"}`)
	for _, company := range []bool{false, true} {
		set := `{"set":"rows","table":"vms","fields":"name"`
		heard := func() {}
		if company {
			other := s.browse(admin)
			heard = func() { // else it is told twice
				for other.next().Event != "deleted" {
				}
			}
			other.send(set + `}`)
			other.hears("rows ready")
		}
		b := s.browse(admin)
		b.send(set + `}`)
		since := b.next().ID
		b.conn.CloseNow()
		s.put("/api/v4/vms/"+vm, `{"name":"b"}`).must(t, 200)
		gone := s.make("vms", `{"name":"short"}`)
		s.send("DELETE", "/api/v4/vms/"+gone, nil).must(t, 200)
		heard()
		b = s.browse(admin)
		b.send(set + fmt.Sprintf(`,"since":%d}`, since))
		b.hears("rows ready", `rows changed {"$key":`+vm+`,"name":"b"}`, `rows deleted {"$key":`+gone+`}`)
		s.put("/api/v4/vms/"+vm, `{"name":"c"}`).must(t, 200)
		b.hears(`rows changed {"$key":` + vm + `,"name":"c"}`)
		b.send(set + `,"since":99999999}`)
		b.hears("rows ready")
		if f := b.next(); f.Event != "reset" {
			t.Errorf("behind an event that there isn't: %s", f)
		}
	}
}

// TestPageLosesRights takes rights away, and then the session.
func TestPageLosesRights(t *testing.T) {
	t.Parallel()
	s := start(t)
	one, two := s.make("vms", `{"name":"one"}`), s.make("vms", `{"name":"two"}`)
	ann := s.make("users", `{"name":"ann","password":"correct horse"}`)
	identity := fmt.Sprint(s.get("/api/v4/users/" + ann + "?fields=identity").object(t)["identity"])
	var grants []string
	for _, row := range []string{one, two} {
		grants = append(grants, s.make("permissions", `{"identity":`+identity+`,"table":"vms","row":`+row+`,"list":true,"read":true}`))
	}
	r := s.send("POST", "/api/sys/session", strings.NewReader(`{"login":"ann","password":"correct horse"}`), own("")).must(t, 200)
	cookie, _, _ := strings.Cut(r.header.Get("Set-Cookie"), ";")
	b := s.browse(own(cookie))
	b.send(`{"set":"vms","table":"vms","fields":"name"}`)
	b.hears("vms ready")
	s.put("/api/v4/vms/"+two, `{"name":"seen"}`).must(t, 200)
	b.hears(`vms changed {"$key":` + two + `,"name":"seen"}`)
	s.send("DELETE", "/api/v4/permissions/"+grants[1], nil).must(t, 200)
	if f := b.next(); f.Event != "reset" {
		t.Fatalf("rights were taken away: %s", f)
	}
	s.put("/api/v4/vms/"+two, `{"name":"unseen"}`).must(t, 200)
	s.put("/api/v4/vms/"+one, `{"name":"still"}`).must(t, 200)
	b.hears(`vms changed {"$key":` + one + `,"name":"still"}`)
	s.send("DELETE", "/api/sys/session", nil, own(cookie)).must(t, 200)
	if end := b.closed(); end.Code != websocket.StatusPolicyViolation || !strings.Contains(end.Reason, "token") {
		t.Errorf("the session was ended: %v %s", end.Code, end.Reason)
	}
}

// TestPagesOfOthers have no feed by the cookie of whoever looks at them.
func TestPagesOfOthers(t *testing.T) {
	t.Parallel()
	s := start(t)
	cookie := header("Cookie", s.signIn(own("")))
	for name, with := range map[string]credential{
		"another site": header("Origin", "https://evil.example"), "another site, said by the browser": header("Sec-Fetch-Site", "cross-site"),
		"a subdomain": header("Sec-Fetch-Site", "same-site"), "nobody": nobody, "an address that was typed": header("Sec-Fetch-Site", "none"),
	} {
		if conn, res, err := s.dial(and(cookie, with)); err == nil || res.StatusCode != 403 {
			t.Errorf("%s: %v %v", name, res, err)
			if conn != nil {
				conn.CloseNow()
			}
		}
	}
	conn, _, err := s.dial(and(cookie, header("Origin", s.URL)))
	if err != nil {
		t.Fatal(err)
	}
	conn.CloseNow()
	s.get("/api/sys/feed").failed(t, 405)
	s.send("GET", "/api/sys/feed", nil, nobody).failed(t, 401)
}

// TestPageEqualsList changes rows at random, has pages of two kinds of people follow them over connections that break, and compares what they have with the
// lists.
func TestPageEqualsList(t *testing.T) {
	t.Parallel()
	s := start(t)
	ann := s.make("users", `{"name":"ann","password":"correct horse"}`)
	identity := fmt.Sprint(s.get("/api/v4/users/" + ann + "?fields=identity").object(t)["identity"])
	s.make("permissions", `{"identity":`+identity+`,"table":"vms","row":0,"list":true,"read":true}`)
	const filter = "ram gt 700 and machine#status#running eq false"
	for who, with := range map[string]credential{"administrator": admin, "ann": basic("ann", "correct horse")} {
		rows, since := map[string]string{}, ""
		var b *browser
		connect := func() {
			b = s.browse(with)
			b.send(`{"set":"rows","table":"vms","fields":"$key,name,ram","filter":"` + filter + `"` + since + `}`)
		}
		read := func() {
			clear(rows)
			var list []json.RawMessage
			body := s.send("GET", "/api/v4/vms?fields=$key,name,ram&filter="+url.QueryEscape(filter), nil, with).must(t, 200).body
			if err := json.Unmarshal([]byte(body), &list); err != nil {
				t.Fatal(err)
			}
			for _, row := range list {
				rows[keyOf(row)] = string(row)
			}
		}
		take := func(f frame) {
			switch f.Event {
			case "created", "changed":
				rows[keyOf(f.Data)] = string(f.Data)
			case "deleted":
				delete(rows, keyOf(f.Data))
			case "reset":
				read()
			}
		}
		connect()
		take(b.next())
		read()
		var keys []string
		for i := range 60 {
			switch n := rand.IntN(10); {
			case n < 3 || len(keys) == 0:
				keys = append(keys, s.make("vms", fmt.Sprintf(`{"name":"%s-%d","ram":%d}`, who, i, 512+rand.IntN(2)*512)))
			case n < 6:
				s.put("/api/v4/vms/"+keys[rand.IntN(len(keys))], fmt.Sprintf(`{"ram":%d}`, 512+rand.IntN(2)*512)).must(t, 200)
			case n < 8:
				vm := s.get("/api/v4/vms/" + keys[rand.IntN(len(keys))] + "?fields=machine").object(t)
				machine, err := vm["machine"].(json.Number).Int64()
				if err != nil {
					t.Fatal(err)
				}
				s.write("machine_status", machine, schema.Set{"running": schema.BoolValue(rand.IntN(2) == 0)})
			case n < 9:
				for len(b.in) > 0 {
					take(b.next())
				}
				since = fmt.Sprintf(`,"since":%d`, b.last["rows"])
				b.conn.CloseNow()
				last := b.last
				connect()
				b.last = last
			default:
				time.Sleep(time.Duration(rand.IntN(150)) * time.Millisecond)
			}
		}
		marker := s.make("vms", `{"name":"`+who+` marker","ram":2048}`)
		for rows[marker] == "" {
			take(b.next())
		}
		seen := map[string]string{}
		for k, v := range rows {
			seen[k] = v
		}
		read()
		same(t, who, fmt.Sprint(rows), fmt.Sprint(seen))
		b.conn.CloseNow()
	}
}
