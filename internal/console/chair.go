package console

import (
	"io"
	"sync"

	"dewpoint/internal/errs"
)

// chair is a viewer's place at a serial line. It implements io.ReadWriteCloser.
type chair struct {
	line     *line
	readOnly bool
	wake     chan struct{} // holds one when there is something to read

	mu     sync.Mutex
	unread []byte
	err    error // why there will be no more
}

// errBehind ends a viewer that is too slow.
var errBehind = errs.New(errs.TooMany, "too_slow", "the connection is too slow for what the guest writes; connect again")

// take adds what the guest wrote.
func (c *chair) take(text []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.err != nil || len(text) == 0:
		return
	case len(c.unread)+len(text) > mostBehind:
		c.err, c.unread = errBehind, nil
	default:
		c.unread = append(c.unread, text...)
	}
	c.ring()
}

// stop lets the viewer read what is there, and then the error.
func (c *chair) stop(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil {
		c.err = err
	}
	c.ring()
}

func (c *chair) ring() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// Read implements io.Reader.
func (c *chair) Read(p []byte) (int, error) {
	for {
		n, err := c.some(p)
		if n > 0 || err != nil || len(p) == 0 {
			return n, err
		}
		<-c.wake
	}
}

func (c *chair) some(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := copy(p, c.unread)
	if c.unread = c.unread[n:]; len(c.unread) == 0 {
		c.unread = nil // an idle viewer holds no memory
	}
	if n == 0 && c.err != nil {
		c.ring() // for whoever reads once more
		return 0, c.err
	}
	return n, nil
}

// Write implements io.Writer: it types, unless the viewer may only look. What is written at once reaches the guest in one piece.
func (c *chair) Write(p []byte) (int, error) {
	if c.readOnly {
		return len(p), nil
	}
	c.line.writing.Lock()
	defer c.line.writing.Unlock()
	return c.line.conn.Write(p)
}

// Close implements io.Closer.
func (c *chair) Close() error {
	c.stop(io.ErrClosedPipe)
	c.line.part(c)
	return nil
}
