package console

import (
	"bytes"
	"context"
	"io"
	"net"
	"sync"
	"time"

	"dewpoint/internal/errs"
)

const (
	// scrollBack is how much of what the guest wrote before a viewer reads first.
	scrollBack = 64 << 10
	// mostBehind is how far a viewer may be behind the guest. One that is slower is cut off: it would hold up the guest, or memory.
	mostBehind = 256 << 10
	// dialLimit is how long a line may take to open.
	dialLimit = 30 * time.Second
)

// line is the serial line of a running machine: one connection to QEMU, which many share. It is there as long as somebody looks.
type line struct {
	ready   chan struct{} // closed when conn and err are set
	err     error
	conn    net.Conn
	writing sync.Mutex // of whole pieces of input to the guest

	mu     sync.Mutex
	recent []byte // the end of what the guest wrote
	chairs map[*chair]bool
	over   bool
}

// sit gives a viewer a place at a machine's serial line. The first opens it.
func (s *Service) sit(ctx context.Context, machine int64, folder string, readOnly bool) (*chair, error) {
	for {
		l, first := s.line(machine)
		if first {
			s.connect(ctx, l, machine, folder)
		}
		select {
		case <-l.ready:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		if l.err != nil {
			return nil, l.err
		}
		if c := l.join(readOnly); c != nil {
			return c, nil
		}
		// It ended just now: the next one is opened anew.
	}
}

// line returns a machine's line; first says that the caller must connect it.
func (s *Service) line(machine int64) (l *line, first bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l = s.lines[machine]; l != nil {
		return l, false
	}
	l = &line{ready: make(chan struct{}), chairs: map[*chair]bool{}}
	s.lines[machine] = l
	return l, true
}

// connect opens a line and begins to read it, with what the guest wrote before at the head.
func (s *Service) connect(ctx context.Context, l *line, machine int64, folder string) {
	defer close(l.ready)
	// Others may wait for it beside the one who came first, and stay when he goes.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), dialLimit)
	defer cancel()
	l.recent, l.err = s.scrollBack(folder)
	if l.err == nil {
		l.conn, l.err = s.Host.Dial(ctx, folder, Serial)
	}
	if l.err != nil {
		s.forget(machine, l)
		return
	}
	go func() {
		l.follow()
		s.forget(machine, l)
	}()
}

func (s *Service) forget(machine int64, l *line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lines[machine] == l {
		delete(s.lines, machine)
	}
}

// scrollBack reads the end of the log, from the beginning of a line on.
func (s *Service) scrollBack(folder string) ([]byte, error) {
	log, err := s.Host.Log(folder, scrollBack)
	if errs.Is(err, errs.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer log.Close()
	text, err := io.ReadAll(io.LimitReader(log, scrollBack))
	if end := bytes.IndexByte(text, '\n'); len(text) == scrollBack && end >= 0 {
		text = text[end+1:]
	}
	return text, err
}

// follow gives what the guest writes to all who sit, until the guest or the last of them goes.
func (l *line) follow() {
	defer l.end()
	buffer := make([]byte, 4<<10)
	for {
		n, err := l.conn.Read(buffer)
		l.spread(buffer[:n])
		if err != nil {
			return
		}
	}
}

func (l *line) spread(text []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.recent = append(l.recent, text...)
	if surplus := len(l.recent) - scrollBack; surplus > 0 {
		l.recent = append(l.recent[:0], l.recent[surplus:]...)
	}
	for c := range l.chairs {
		c.take(text)
	}
}

// end closes the line and tells all who sit.
func (l *line) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
	l.conn.Close()
	for c := range l.chairs {
		c.stop(io.EOF)
	}
}

// join gives a viewer a place, and what was written so far; nil when the line has ended.
func (l *line) join(readOnly bool) *chair {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return nil
	}
	c := &chair{line: l, readOnly: readOnly, wake: make(chan struct{}, 1)}
	c.take(l.recent)
	l.chairs[c] = true
	return c
}

// part takes a viewer's place away. The last one closes the line: the guest's log goes on without.
func (l *line) part(c *chair) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.chairs, c)
	if len(l.chairs) == 0 && !l.over {
		l.over = true
		l.conn.Close() // which ends follow
	}
}
