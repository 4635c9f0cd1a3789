package console

import (
	"crypto/rand"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"dewpoint/internal/errs"
)

// Session is one connection to a console. Reading gives what the guest shows, until the console ends or the session is closed. Exactly one
// goroutine may read and one may write.
type Session struct {
	ID      string
	Machine int64
	Kind    Kind
	Viewer
	Since time.Time

	service *Service
	stream  io.ReadWriteCloser
	once    sync.Once
	sent    atomic.Int64 // to the viewer
	got     atomic.Int64
	last    atomic.Int64 // Unix nanoseconds of the last byte either way
	row     int64        // in machine_console_active, 0 for none yet; the upkeep's alone
	ended   atomic.Bool  // by somebody else than the viewer
}

// seat is what a machine's bound counts.
type seat struct {
	machine int64
	kind    Kind
}

func (s *Session) seat() seat { return seat{s.Machine, s.Kind} }

// Read implements io.Reader.
func (s *Session) Read(p []byte) (int, error) {
	n, err := s.stream.Read(p)
	s.count(&s.sent, n)
	return n, err
}

// Write implements io.Writer.
func (s *Session) Write(p []byte) (int, error) {
	n, err := s.stream.Write(p)
	s.count(&s.got, n)
	return n, err
}

func (s *Session) count(which *atomic.Int64, n int) {
	which.Add(int64(n))
	s.last.Store(time.Now().UnixNano())
}

// Idle is how long nothing has come or gone.
func (s *Session) Idle() time.Duration { return time.Since(time.Unix(0, s.last.Load())) }

// Ended reports whether the server has ended the session: it stops, or somebody asked for it.
func (s *Session) Ended() bool { return s.ended.Load() }

// Close ends the session. It may be called at any time and more than once.
func (s *Session) Close() (err error) {
	s.once.Do(func() {
		err = s.stream.Close()
		s.service.leave(s)
	})
	return err
}

// cut closes a session for another reason than that the viewer has gone.
func (s *Session) cut() {
	s.ended.Store(true)
	s.Close() // of a console that is given up nothing is left to save
}

// enter counts a session until it leaves.
func (s *Service) enter(session *Session) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := session.seat()
	switch {
	case s.of[at] >= session.MostOfMachine:
		return errs.New(errs.TooMany, "max_connections_reached", "%d connections are open to this console already; close one first", s.of[at])
	case s.total >= session.Most:
		return errs.New(errs.TooMany, "max_connections_reached", "%d connections to consoles are open already; close one first", s.total)
	}
	s.of[at]++
	s.total++
	return nil
}

// begin shows a session that has its stream.
func (s *Service) begin(session *Session) error {
	session.ID = rand.Text()
	session.Since = time.Now()
	session.last.Store(session.Since.UnixNano())
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errClosed()
	}
	s.open[session] = true
	return nil
}

func (s *Service) leave(session *Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, session)
	s.total--
	at := session.seat()
	if s.of[at]--; s.of[at] == 0 {
		delete(s.of, at)
	}
}

func errClosed() error {
	return errs.New(errs.Unavailable, "server_stopping", "the server is being stopped; connect again in a moment")
}

// Sessions lists those that are open.
func (s *Service) Sessions() []*Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]*Session, 0, len(s.open))
	for session := range s.open {
		all = append(all, session)
	}
	return all
}

// Close ends all sessions and lets nobody in any more.
func (s *Service) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	for _, session := range s.Sessions() {
		session.cut()
	}
}

// Sent and Got are how many bytes have gone to the viewer and come from him.
func (s *Session) Sent() int64 { return s.sent.Load() }

// Got is how many bytes have come from the viewer.
func (s *Session) Got() int64 { return s.got.Load() }

// LastActivity is when the last byte came or went.
func (s *Session) LastActivity() time.Time { return time.Unix(0, s.last.Load()) }
