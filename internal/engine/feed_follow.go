package engine

import (
	"context"
	"time"

	"dewpoint/internal/errs"
	"dewpoint/internal/pause"
)

// join is false when the feed has ended meanwhile. Who opened it has it at his own place in the log; whoever else has one is told first what lies between.
func (m *Membership) join(ctx context.Context, s Subscription, opened bool) (joined bool, err error) {
	var own *Feed
	if s.Since != FromNow && !opened {
		if own, err = m.eng.feedBehind(ctx, s); err != nil {
			return false, err
		}
		defer own.Close()
	}
	of := m.of
	of.mu.Lock()
	defer of.mu.Unlock()
	if of.ended {
		return false, nil
	}
	if own != nil {
		m.listener.Ready(s.Since)
		if err := m.catchUp(ctx, own); err != nil {
			return false, err
		}
	} else {
		m.listener.Ready(of.feed.cursor)
	}
	if of.feed.seen != nil {
		of.feed.listing = time.Now().Add(listTime)
	}
	of.listeners[m.listener] = struct{}{}
	if of.stop == nil {
		follow, stop := context.WithCancel(context.Background())
		of.stop = stop
		go m.eng.follow(follow, of)
	}
	return true, nil
}

// feedBehind opens a feed of a subscription's own, at its place in the log.
func (e *Engine) feedBehind(ctx context.Context, s Subscription) (*Feed, error) {
	before, err := e.db.LastChange(ctx) // ahead of the caller's rights, so that the log tells of every change of them
	if err != nil {
		return nil, err
	}
	f, err := e.feedOf(ctx, s)
	if err == nil {
		err = f.begin(ctx, before, s.Since)
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}

// catchUp tells the listener what his own feed has, up to where the shared one is.
func (m *Membership) catchUp(ctx context.Context, own *Feed) error {
	for more := true; more || own.cursor < m.of.feed.cursor; {
		events, again, err := own.Read(ctx)
		if err != nil {
			return err
		}
		if len(events) > 0 {
			m.listener.Tell(events)
		}
		if more = again; !more && len(events) == 0 {
			return nil
		}
	}
	return nil
}

// Cursor is the entry of the log up to which everything has been told.
func (m *Membership) Cursor() int64 {
	m.of.mu.Lock()
	defer m.of.mu.Unlock()
	return m.of.feed.cursor
}

// Remembered is how many rows the feed has in memory.
func (m *Membership) Remembered() int {
	m.of.mu.Lock()
	defer m.of.mu.Unlock()
	return len(m.of.feed.seen)
}

// Leave ends the membership; the last one ends the feed. The listener hears nothing more once Leave has returned.
func (m *Membership) Leave() {
	of := m.of
	of.mu.Lock()
	delete(of.listeners, m.listener)
	last := len(of.listeners) == 0 && !of.ended
	if last {
		of.ended = true
		m.eng.shared.forget(of)
		of.stop()
	}
	of.mu.Unlock()
	if last {
		<-of.done
	}
}

// follow reads a shared feed until nobody listens any more, it ends by itself, or the server ends.
func (e *Engine) follow(ctx context.Context, of *shared) {
	defer close(of.done)
	defer of.feed.Close()
	look := time.NewTicker(lookInterval)
	defer look.Stop()
	for {
		more, err := of.tell(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			e.end(of, err)
			return
		}
		if more {
			continue
		}
		read := time.Now()
		select {
		case <-ctx.Done():
			return
		case <-e.bus.Done():
			e.end(of, errs.New(errs.Unavailable, "stopping", "the server stops"))
			return
		case <-look.C:
		case <-of.feed.Wake():
			_ = pause.For(ctx, of.feed.Rest()-time.Since(read)) // the end of ctx is seen above
		}
	}
}

// tell reads the feed once, for all who listen.
func (of *shared) tell(ctx context.Context) (more bool, err error) {
	of.mu.Lock()
	defer of.mu.Unlock()
	events, more, err := of.feed.Read(ctx)
	if err == nil && len(events) > 0 {
		for l := range of.listeners {
			l.Tell(events)
		}
	}
	return more, err
}

// end tells all who listen that the feed has ended.
func (e *Engine) end(of *shared, err error) {
	e.shared.forget(of)
	of.mu.Lock()
	defer of.mu.Unlock()
	of.ended = true
	for l := range of.listeners {
		l.End(err)
	}
	clear(of.listeners)
}
