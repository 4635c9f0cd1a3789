package table

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"dewpoint/internal/api/front"
	"dewpoint/internal/api/ws"
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/pause"
	"dewpoint/internal/perm"
)

// pagePath is where a page follows all that it shows, on one connection (docs/design/0046-what-a-browser-needs.md).
const pagePath = "/api/sys/feed"

// The bounds of a page's connection.
const (
	mostPages         = 128 // of one user
	mostSubscriptions = 32
	mostRemembered    = 100_000  // rows, of all subscriptions
	mostFrame         = 64 << 10 // bytes that the client sends at once
	mostBehind        = 4 << 20  // bytes that the client has yet to read
)

// page is one connection, with what its client has subscribed to.
type page struct {
	*call
	out   *ws.Text
	doubt <-chan struct{} // gets a token when the credential may be void
	stale chan struct{}   // likewise when a subscription has ended by itself

	changing sync.Mutex // held while subscriptions begin and end
	mu       sync.Mutex
	subs     map[string]*subscription
	ctx      context.Context // of the caller as he is now
}

// followPage serves the connection of a page until it ends.
func (c *call) followPage() error {
	if !ws.Wanted(c.r) {
		return errs.New(errs.NotAllowed, "websocket_only", "'%s' is a websocket; follow a single list with GET /api/v4/TABLE?watch=1", pagePath)
	}
	leave, err := c.pages.enter(c.actor().User)
	if err != nil {
		return err
	}
	defer leave()
	conn, err := ws.Accept(c.w, c.r)
	if err != nil {
		if errs.Is(err, errs.Denied) {
			return err
		}
		return nil // it has been answered
	}
	doubt, calm := c.eng.Bus().Pulse(engine.CredentialTables())
	defer calm()
	p := &page{call: c, doubt: doubt, stale: make(chan struct{}, 1), subs: map[string]*subscription{}}
	p.out = ws.NewText(c.r.Context(), conn, mostFrame, mostBehind, feedSendTime)
	p.ctx = p.out.Context()
	var keeping sync.WaitGroup
	keeping.Go(p.keep)
	p.out.Run(p.receive)
	keeping.Wait()
	p.changing.Lock()
	defer p.changing.Unlock()
	for _, s := range p.all() {
		s.leave()
	}
	return nil
}

// keep tells that the connection is alive, and looks at the caller's credential and at subscriptions that have ended by themselves.
func (p *page) keep() {
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	checked, doubtful := time.Now(), false
	for {
		select {
		case <-p.out.Context().Done():
			return
		case <-p.eng.Bus().Done():
			p.out.GoAway()
			return
		case <-p.stale:
			if !p.renew() {
				return
			}
			checked = time.Now()
			continue
		case <-beat.C:
			p.alive()
		case <-p.doubt:
			doubtful = true
			_ = pause.For(p.out.Context(), leastCheckInterval-time.Since(checked)) // the end of the connection is seen above
		}
		if age := time.Since(checked); age > checkInterval || doubtful && age >= leastCheckInterval {
			if !p.recheck() {
				return
			}
			checked, doubtful = time.Now(), false
		}
	}
}

// recheck looks at the caller's credential; when another one stands behind it by now, all that was subscribed to is joined anew.
func (p *page) recheck() (goesOn bool) {
	was := perm.ActorOf(p.caller())
	ctx, err := p.again()
	if err != nil {
		return p.close(err)
	}
	if now := perm.ActorOf(ctx); now.User != was.User {
		return p.close(errs.New(errs.Denied, "rights_changed", "somebody else is signed in; connect again"))
	} else if now.Admin != was.Admin {
		for _, s := range p.all() {
			s.End(nil)
		}
	}
	return true
}

// caller is a context with the caller as he was when he was looked at last.
func (p *page) caller() context.Context {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ctx
}

// again takes the caller as he is now.
func (p *page) again() (context.Context, error) {
	ctx, err := front.Again(p.caller())
	if err == nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.ctx = ctx
	}
	return ctx, err
}

// close ends the connection for an error, unless nobody can say whether the credential is good.
func (p *page) close(err error) (goesOn bool) {
	if errs.KindOf(err) == errs.Internal || errs.Is(err, errs.Unavailable) {
		return true
	}
	p.out.Refuse(errs.Shown(err))
	return false
}

// renew joins what has ended by itself: the caller's rights have changed, so the client reads all of it anew.
func (p *page) renew() (goesOn bool) {
	p.changing.Lock()
	defer p.changing.Unlock()
	if _, err := p.again(); err != nil && !p.close(err) {
		return false
	}
	for _, s := range p.all() {
		if cause, ended := s.hasEnded(); ended {
			s.leave()
			if cause != nil && !errs.Is(cause, errs.Denied) {
				p.failed(s.name, cause)
				continue
			}
			p.begin(&subscription{page: p, name: s.name, wanted: s.wanted, again: true})
		}
	}
	return true
}

// all lists the subscriptions by their names.
func (p *page) all() []*subscription {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.SortedFunc(maps.Values(p.subs), func(a, b *subscription) int { return strings.Compare(a.name, b.name) })
}

// alive tells up to where each subscription has been told.
func (p *page) alive() {
	ids := map[string]int64{}
	for _, s := range p.all() {
		ids[s.name] = s.member.Cursor()
	}
	p.tell(struct {
		Event string           `json:"event"`
		IDs   map[string]int64 `json:"ids"`
	}{"alive", ids})
}

// failed tells that a subscription was refused or has ended, and drops it.
func (p *page) failed(name string, err error) {
	kind := errs.KindOf(err)
	note(front.Of(p.r.Context()), kind, err)
	p.mu.Lock()
	delete(p.subs, name)
	p.mu.Unlock()
	p.tell(struct {
		Name   string `json:"name"`
		Event  string `json:"event"`
		Status int    `json:"status"`
		Err    string `json:"err"`
	}{name, "error", statusOf(kind), errs.Shown(err)})
}

func (p *page) tell(frame any) {
	text, err := json.Marshal(frame)
	if err != nil { // our own types always marshal
		panic(err)
	}
	p.out.Send(text)
}
