package table

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"dewpoint/internal/api/front"
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/pause"
	"dewpoint/internal/perm"
)

const (
	// mostFeeds is how many feeds one user may have open: a page has a handful, and people have several pages open.
	mostFeeds = 32
	// heartbeat is how often a feed says that it is alive.
	heartbeat = 15 * time.Second
	// A feed looks whether its caller still may listen this often, since credentials run out, and at once when something happens to users,
	// keys or sessions, though not more often than at the least interval.
	checkInterval, leastCheckInterval = time.Minute, 2 * time.Second
	// feedSendTime is how long a client may take to read what it was sent. One that is slower is cut off; it can resume.
	feedSendTime = 10 * time.Second
	// retryTime is how long a browser shall wait before it connects again.
	retryTime = time.Second
)

// feeds counts the open feeds of each user.
type feeds struct {
	most int
	mu   sync.Mutex
	open map[int64]int
}

// enter counts a feed of a user until leave is called; TooMany when there are too many.
func (f *feeds) enter(user int64) (leave func(), err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.open[user] >= f.most {
		return nil, errs.New(errs.TooMany, "too_many_feeds", "you have %d feeds open already; close one first", f.most)
	}
	if f.open == nil {
		f.open = map[int64]int{}
	}
	f.open[user]++
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.open[user]--; f.open[user] == 0 {
			delete(f.open, user)
		}
	}, nil
}

// wantsFeed reports whether a list is asked for as a feed of its changes.
func (c *call) wantsFeed() (bool, error) {
	v, _, err := c.param("watch")
	if err != nil || v != "" {
		return v != "" && v != "0" && v != "false" && c.r.Method == http.MethodGet, err
	}
	return c.r.Method == http.MethodGet && strings.Contains(c.r.Header.Get("Accept"), "text/event-stream"), nil
}

// since returns the event behind which a feed shall begin.
func (c *call) since() (int64, error) {
	text := c.r.Header.Get("Last-Event-ID")
	if text == "" {
		var err error
		if text, _, err = c.param("since"); err != nil {
			return 0, err
		}
	}
	if text == "" {
		return engine.FromNow, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, errs.New(errs.Malformed, "bad_event_id", "Last-Event-ID must be the id of an event").On("since")
	}
	return n, nil
}

// watch answers with the changes of a list as server-sent events, until the client goes.
func (c *call) watch() error {
	leave, err := c.feeds.enter(c.actor().User)
	if err != nil {
		return err
	}
	defer leave()
	since, err := c.since()
	if err != nil {
		return err
	}
	req, err := c.listRequest()
	if err != nil {
		return err
	}
	if count, err := c.wantsCount(); err != nil || count {
		return orElse(err, func() error {
			return errs.New(errs.Invalid, "invalid_watch", "a feed doesn't count; ask for the list with count").On("count")
		})
	}
	feed, err := c.eng.Watch(c.r.Context(), c.t.Name, req, since)
	if err != nil {
		return err
	}
	defer feed.Close()
	c.w.Header().Set("Content-Type", "text/event-stream")
	c.w.Header().Set("X-Accel-Buffering", "no") // nginx would hold events back
	out := &eventWriter{w: c.w, control: http.NewResponseController(c.w)}
	out.printf("retry: %d\nid: %d\n\n: ready\n\n", retryTime.Milliseconds(), feed.Cursor())
	if err := c.follow(feed, out); err != nil && !cutOff(err) && c.r.Context().Err() == nil {
		note(front.Of(c.r.Context()), errs.KindOf(err), err)
	}
	return nil
}

// cutOff reports whether a feed ended as feeds do: the client connects again and resumes.
func cutOff(err error) bool { return errs.Is(err, errs.Denied) || errs.Is(err, errs.Unauthenticated) }

// follow sends events until the client or the server goes.
func (c *call) follow(feed *engine.Feed, out *eventWriter) error {
	ctx, rest := c.r.Context(), feed.Rest()
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	checked, doubt := time.Now().Add(-leastCheckInterval), false
	for out.err == nil {
		more, err := sendEvents(ctx, feed, out)
		if err != nil {
			return err
		}
		doubt = feed.Doubtful() || doubt
		if age := time.Since(checked); age > checkInterval || doubt && age > leastCheckInterval {
			if err := c.stillAllowed(); err != nil {
				return err
			}
			checked, doubt = time.Now(), false
		}
		if more {
			continue
		}
		read := time.Now()
		select {
		case <-ctx.Done():
			return nil
		case <-c.eng.Bus().Done():
			return nil
		case <-beat.C:
			out.printf(": alive\nid: %d\n\n", feed.Cursor())
		case <-feed.Wake():
			_ = pause.For(ctx, rest-time.Since(read)) // the end of ctx is seen by the next read
		}
	}
	return nil
}

// sendEvents sends what the feed has to tell now; more reports that it has more.
func sendEvents(ctx context.Context, feed *engine.Feed, out *eventWriter) (more bool, err error) {
	events, more, err := feed.Read(ctx)
	if err != nil || len(events) == 0 {
		return more, err
	}
	b := takeBuffer()
	defer giveBack(b)
	for _, e := range events {
		fmt.Fprintf(b, "id: %d\nevent: %s\ndata: %s\n\n", e.ID, e.Kind, oneLine(e.Data))
	}
	out.write(b.Bytes())
	return more, nil
}

// oneLine takes the line breaks out of a JSON text, which a document in a column may have between its members.
func oneLine(text []byte) []byte {
	for i, b := range text {
		if b == '\n' || b == '\r' {
			text[i] = ' '
		}
	}
	return text
}

// stillAllowed looks at the caller's credential again: a feed must not outlive it, nor the rights that it began with.
func (c *call) stillAllowed() error {
	now, err := c.auth.Recheck(c.r.Context(), c.r)
	if err != nil {
		return err
	}
	if was := perm.ActorOf(c.r.Context()); now.User != was.User || now.Admin != was.Admin {
		return errs.New(errs.Denied, "rights_changed", "your rights have changed; open the feed again")
	}
	return nil
}

// eventWriter sends pieces of a feed, each at once.
type eventWriter struct {
	w       http.ResponseWriter
	control *http.ResponseController
	err     error // the client is gone or too slow
}

func (o *eventWriter) printf(format string, args ...any) { o.write(fmt.Appendf(nil, format, args...)) }

func (o *eventWriter) write(b []byte) {
	if o.err != nil {
		return
	}
	o.control.SetWriteDeadline(time.Now().Add(feedSendTime)) // writers of tests have no deadline
	if _, o.err = o.w.Write(b); o.err == nil {
		o.err = o.control.Flush()
	}
	o.control.SetWriteDeadline(time.Time{}) // HTTP/2 ends a stream at its deadline though nothing is being written
}
