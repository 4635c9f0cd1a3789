package table

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/query"
)

// subscriptionName is what a client may call a subscription.
var subscriptionName = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// asked is a frame of the client: it sets a subscription or drops one.
type asked struct {
	Set    string            `json:"set"`
	Drop   string            `json:"drop"`
	Table  string            `json:"table"`
	Fields string            `json:"fields"`
	Filter string            `json:"filter"`
	Keys   []json.RawMessage `json:"keys"`
	Since  *int64            `json:"since"`
}

// subscription is what one name of a page stands for. It hears a shared feed.
type subscription struct {
	*page
	name   string
	wanted engine.Subscription
	again  bool // it takes the place of one that has ended by itself
	member *engine.Membership

	mu    sync.Mutex
	last  int64
	ended bool
	cause error
}

// receive does what a frame of the client says. An error ends the connection.
func (p *page) receive(text []byte) error {
	var a asked
	if err := json.Unmarshal(text, &a); err != nil {
		return errs.New(errs.Malformed, "bad_frame", "a frame must be a JSON object with set or drop")
	}
	if (a.Set == "") == (a.Drop == "") || !subscriptionName.MatchString(a.Set+a.Drop) {
		return errs.New(errs.Malformed, "bad_frame", "a frame needs set or drop with a name of letters, digits, dots, underscores and hyphens")
	}
	p.changing.Lock()
	defer p.changing.Unlock()
	if old := p.named(a.Set + a.Drop); old != nil {
		old.leave()
	}
	if a.Drop != "" {
		return nil
	}
	s := &subscription{page: p, name: a.Set}
	if err := s.want(a); err != nil {
		p.failed(s.name, err)
		return nil
	}
	p.begin(s)
	return nil
}

func (p *page) named(name string) *subscription {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.subs[name]
}

// want reads what the client wants to follow.
func (s *subscription) want(a asked) error {
	s.wanted = engine.Subscription{Table: a.Table, Request: query.Request{Fields: a.Fields, Filter: a.Filter}, Since: engine.FromNow}
	if a.Since != nil {
		if s.wanted.Since = *a.Since; *a.Since < 0 {
			return errs.Field("since", "must be the id of an event")
		}
	}
	if a.Keys == nil {
		return nil
	}
	s.wanted.Keys = make([]string, len(a.Keys))
	for i, raw := range a.Keys {
		s.wanted.Keys[i] = string(raw)
		if strings.HasPrefix(s.wanted.Keys[i], `"`) {
			if err := json.Unmarshal(raw, &s.wanted.Keys[i]); err != nil {
				return errs.Field("keys", "must be a list of keys")
			}
		}
	}
	return nil
}

// begin joins the feed of a subscription; the caller holds changing.
func (p *page) begin(s *subscription) {
	all, remembered := p.all(), 0
	for _, other := range all {
		remembered += other.member.Remembered()
	}
	if len(all) >= mostSubscriptions {
		p.failed(s.name, errs.New(errs.TooMany, "too_many_subscriptions", "a connection has at most %d subscriptions; drop one first", mostSubscriptions))
		return
	}
	if s.again {
		s.wanted.Since = engine.FromNow
	}
	member, err := p.eng.Join(p.caller(), s.wanted, s)
	if err == nil && remembered+member.Remembered() > mostRemembered {
		member.Leave()
		err = errs.New(errs.TooMany, "too_many_rows", "the subscriptions of a connection follow at most %d rows; narrow them with filters or keys", mostRemembered)
	}
	if err != nil {
		p.failed(s.name, err)
		return
	}
	s.member = member
	p.mu.Lock()
	p.subs[s.name] = s
	p.mu.Unlock()
}

// leave ends a subscription; the caller holds changing.
func (s *subscription) leave() {
	s.member.Leave()
	s.page.mu.Lock()
	defer s.page.mu.Unlock()
	delete(s.subs, s.name)
}

// hasEnded reports whether the feed has ended by itself, and why.
func (s *subscription) hasEnded() (cause error, ended bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cause, s.ended
}

// Ready implements engine.Listener.
func (s *subscription) Ready(at int64) {
	s.last = at
	if s.again {
		s.out.Send(s.frame(engine.Event{ID: at, Kind: engine.EventReset, Data: json.RawMessage(`{"reason":"your rights have changed; read the rows anew"}`)}))
		return
	}
	s.out.Send(s.frame(engine.Event{ID: at, Kind: "ready"}))
}

// Tell implements engine.Listener.
func (s *subscription) Tell(events []engine.Event) {
	for _, e := range events {
		if e.Kind != engine.EventReset {
			e.ID = max(e.ID, s.last) // where a feed of its own was told before
		}
		s.last = e.ID
		s.out.Send(s.frame(e))
	}
}

// End implements engine.Listener.
func (s *subscription) End(cause error) {
	s.mu.Lock()
	s.cause, s.ended = cause, true
	s.mu.Unlock()
	select {
	case s.stale <- struct{}{}:
	default:
	}
}

// frame writes an event; the name needs nothing escaped.
func (s *subscription) frame(e engine.Event) []byte {
	b := make([]byte, 0, len(s.name)+len(e.Data)+64)
	b = append(b, `{"name":"`...)
	b = append(b, s.name...)
	b = append(b, `","event":"`...)
	b = append(b, e.Kind...)
	b = append(b, `","id":`...)
	b = strconv.AppendInt(b, e.ID, 10)
	if e.Data != nil {
		b = append(b, `,"data":`...)
		b = append(b, e.Data...)
	}
	return append(b, '}')
}
