package store

import (
	"container/list"
	"context"
	"database/sql"
	"sync"
)

// mostStatements bounds the prepared statements that are kept: clients send a few dozen different queries, over and over.
const mostStatements = 256

// statementCache keeps the last used prepared statements by their text.
type statementCache struct {
	mu     sync.Mutex
	byText map[string]*list.Element
	order  list.List // of *statement, last used first
}

// statement is a prepared statement with the number of its users; it is closed once it is out of the cache and unused.
type statement struct {
	*sql.Stmt
	text    string
	cache   *statementCache
	users   int
	evicted bool
}

func (c *statementCache) get(ctx context.Context, db *sql.DB, text string) (*statement, error) {
	if s := c.take(text); s != nil {
		return s, nil
	}
	prepared, err := db.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byText == nil {
		c.byText = map[string]*list.Element{}
	}
	s := &statement{Stmt: prepared, text: text, cache: c, users: 1}
	if _, raced := c.byText[text]; raced {
		s.evicted = true // another request prepared the same text meanwhile; this one serves once
		return s, nil
	}
	c.byText[text] = c.order.PushFront(s)
	for c.order.Len() > mostStatements {
		c.evict(c.order.Back())
	}
	return s, nil
}

func (c *statementCache) take(text string) *statement {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.byText[text]
	if !ok {
		return nil
	}
	c.order.MoveToFront(e)
	s := e.Value.(*statement)
	s.users++
	return s
}

func (c *statementCache) evict(e *list.Element) {
	s := c.order.Remove(e).(*statement)
	delete(c.byText, s.text)
	s.evicted = true
	if s.users == 0 {
		s.Stmt.Close()
	}
}

func (s *statement) release() {
	s.cache.mu.Lock()
	defer s.cache.mu.Unlock()
	if s.users--; s.users == 0 && s.evicted {
		s.Stmt.Close()
	}
}

func (c *statementCache) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.order.Len() > 0 {
		c.evict(c.order.Back())
	}
}
