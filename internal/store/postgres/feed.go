package postgres

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"

	"dewpoint/internal/pause"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

const (
	// tellLimit is how long a commit waits for the news of itself; a connection that takes longer is given up as lost.
	tellLimit = 3 * time.Second
	// awaitLimit is how long news of another process is waited for that is committed already. It comes within a millisecond.
	awaitLimit = 500 * time.Millisecond
	// The pause before the lost connection is made anew grows from the first to the last of these.
	firstPause, lastPause = 50 * time.Millisecond, 5 * time.Second
)

// feed implements store.Feed by LISTEN and NOTIFY: the server delivers notifications in the order of the commits. A process hears of its
// own commits in the same way as of the others', so that all processes hear the same order. When the connection is lost, the
// watchers are told afterwards that any row may have changed, and meanwhile of their own process's commits as these are made.
type feed struct {
	config  *pgx.ConnConfig
	channel string
	server  string
	schema  *schema.Schema
	tell    func([]store.Change)
	last    func(context.Context) (int64, error)
	stop    context.CancelFunc
	done    chan struct{}

	mu      sync.Mutex
	next    uint64
	waiting map[uint64]*ticket // of own transactions that haven't been heard
	epoch   uint64             // counts connections
	drop    context.CancelFunc // gives up the connection; nil when there is none
	told    int64              // the last entry of the log of changes that was told
	news    chan struct{}      // closed when told grows or the connection is lost
}

// ticket is one own transaction.
type ticket struct {
	number, epoch uint64
	heard         chan struct{} // closed when it has been told, or the connection is lost
	lost          bool
}

func newFeed(config *pgx.ConnConfig, channel string, s *schema.Schema) *feed {
	return &feed{config: config, channel: channel, server: rand.Text(), schema: s, waiting: map[uint64]*ticket{}, news: make(chan struct{})}
}

// Start implements store.Feed.
func (f *feed) Start(ctx context.Context, tell func([]store.Change), last func(context.Context) (int64, error)) error {
	f.tell, f.last = tell, last
	conn, begin, err := f.listen(ctx)
	if err != nil {
		return err
	}
	f.note(begin)
	ctx, f.stop = context.WithCancel(context.WithoutCancel(ctx))
	f.done = make(chan struct{})
	go func() {
		defer close(f.done)
		f.run(ctx, conn)
	}()
	return nil
}

// Close implements store.Feed.
func (f *feed) Close() error {
	if f.stop != nil {
		f.stop()
		<-f.done
	}
	return nil
}

// listen makes the connection, over which everything behind the entry begin of the log is heard.
func (f *feed) listen(ctx context.Context) (conn *pgx.Conn, begin int64, err error) {
	config := f.config.Copy()
	config.BuildContextWatcherHandler = func(c *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.DeadlineContextWatcherHandler{Conn: c.Conn()} // there is no statement to cancel
	}
	if conn, err = pgx.ConnectConfig(ctx, config); err != nil {
		return nil, 0, err
	}
	if _, err = conn.Exec(ctx, "LISTEN "+f.channel); err == nil {
		begin, err = f.last(ctx)
	}
	if err != nil {
		conn.Close(context.WithoutCancel(ctx))
		return nil, 0, err
	}
	return conn, begin, nil
}

// run hears until ctx ends, over one connection after the other.
func (f *feed) run(ctx context.Context, conn *pgx.Conn) {
	for ctx.Err() == nil {
		f.hear(ctx, conn)
		var begin int64
		if conn, begin = f.again(ctx); conn != nil {
			f.tellAll(begin)
		}
	}
	if conn != nil {
		conn.Close(context.WithoutCancel(ctx))
	}
}

// again makes the connection anew; nil when ctx has ended.
func (f *feed) again(ctx context.Context) (*pgx.Conn, int64) {
	for wait := firstPause; ctx.Err() == nil; wait = min(2*wait, lastPause) {
		if conn, begin, err := f.listen(ctx); err == nil {
			return conn, begin
		}
		_ = pause.For(ctx, wait) // the end of ctx ends the loop
	}
	return nil, 0
}

// hear tells what comes over a connection until it is lost.
func (f *feed) hear(ctx context.Context, conn *pgx.Conn) {
	ctx, drop := context.WithCancel(ctx)
	defer drop()
	f.mu.Lock()
	f.epoch, f.drop = f.epoch+1, drop
	f.mu.Unlock()
	defer f.lose()
	defer conn.Close(context.WithoutCancel(ctx))
	var parts []rowRef
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return
		}
		m, err := parse(n.Payload)
		if err != nil { // what a server of another version says
			f.tell(anyRow(f.schema))
			continue
		}
		if parts = append(parts, m.Rows...); m.More {
			continue
		}
		f.tell(changesOf(f.schema, parts))
		f.note(m.Last)
		parts = nil
		if m.Server == f.server {
			f.settle(m.Number)
		}
	}
}

func parse(payload string) (m message, err error) {
	d := json.NewDecoder(strings.NewReader(payload))
	d.UseNumber()
	err = d.Decode(&m)
	return m, err
}

// lose lets all go on that wait for news over the lost connection.
func (f *feed) lose() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.drop = nil
	f.wake()
	for number, t := range f.waiting {
		t.lost = true
		close(t.heard)
		delete(f.waiting, number)
	}
}

// settle notes that an own transaction has been told, or won't be.
func (f *feed) settle(number uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if t := f.waiting[number]; t != nil {
		close(t.heard)
		delete(f.waiting, number)
	}
}

// note notes that the watchers have been told of all up to an entry of the log.
func (f *feed) note(last int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if last > f.told {
		f.told = last
		f.wake()
	}
}

// wake lets those look again who wait for news; the caller holds the lock.
func (f *feed) wake() {
	close(f.news)
	f.news = make(chan struct{})
}

// tellAll makes up for whatever the watchers weren't told up to an entry of the log.
func (f *feed) tellAll(last int64) {
	f.tell(anyRow(f.schema))
	f.note(last)
}

// Await implements store.Feed. News that doesn't come is made up for: the caller is never left with what is out of date.
func (f *feed) Await(ctx context.Context, last int64) error {
	timer := time.NewTimer(awaitLimit)
	defer timer.Stop()
	for {
		there, coming := f.progress(last)
		switch {
		case there:
			return nil
		case coming == nil:
			f.tellAll(last)
			return nil
		}
		select {
		case <-coming:
		case <-timer.C:
			f.tellAll(last)
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// progress reports whether an entry of the log has been told; if not, coming is closed when it may have been, and nil without a connection.
func (f *feed) progress(last int64) (there bool, coming <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.told >= last || f.drop == nil {
		return f.told >= last, nil
	}
	return false, f.news
}

// Send implements store.Feed.
func (f *feed) Send(ctx context.Context, tx *sql.Tx, changes []store.Change, last int64) (func(bool), error) {
	f.mu.Lock()
	f.next++
	t := &ticket{number: f.next, epoch: f.epoch, heard: make(chan struct{})}
	f.waiting[t.number] = t
	f.mu.Unlock()
	messages, err := split(message{Server: f.server, Number: t.number, Last: last}, changes)
	for i := 0; i < len(messages) && err == nil; i++ {
		_, err = tx.ExecContext(ctx, "SELECT pg_notify($1, $2)", f.channel, messages[i])
	}
	if err != nil {
		f.settle(t.number)
		return nil, err
	}
	return func(committed bool) {
		if committed && !f.wait(t) {
			f.tell(changes)
		}
		f.settle(t.number)
	}, nil
}

// TryHold implements store.Feed.
func (*feed) TryHold(ctx context.Context, conn *sql.Conn, name string) (got bool, err error) {
	err = conn.QueryRowContext(ctx, `SELECT pg_try_advisory_lock(hashtextextended('dewpoint ' || current_schema() || ' ' || $1, 0))`, name).Scan(&got)
	return got, err
}

// wait returns once a transaction has been told; false when it has to be told by the caller, since the news may not come.
func (f *feed) wait(t *ticket) bool {
	limit := time.Duration(0)
	if f.connected(t.epoch) {
		limit = tellLimit
	}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-t.heard:
		return !t.lost
	case <-timer.C:
		f.giveUp(t.epoch)
		return false
	}
}

// connected reports whether the connection of an epoch is still there.
func (f *feed) connected(epoch uint64) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.drop != nil && f.epoch == epoch
}

// giveUp ends the connection of an epoch, if it is still there.
func (f *feed) giveUp(epoch uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.drop != nil && f.epoch == epoch {
		f.drop()
	}
}

// anyRow says of each table that any of its rows may have changed.
func anyRow(s *schema.Schema) []store.Change {
	all := make([]store.Change, 0, len(s.Tables()))
	for _, t := range s.Tables() {
		all = append(all, store.Change{Table: t, Verb: store.Changed})
	}
	return all
}
