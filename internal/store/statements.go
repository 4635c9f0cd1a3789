package store

import (
	"context"
	"database/sql"
	"sync"

	"dewpoint/internal/lru"
)

// mostStatements bounds the prepared statements that are kept: clients send a few dozen different queries, over and over.
const mostStatements = 256

// statementCache keeps the last used prepared statements by their text.
type statementCache struct {
	mu   sync.Mutex
	kept lru.Cache[string, *statement]
}

func newStatementCache() *statementCache {
	return &statementCache{kept: lru.Cache[string, *statement]{Most: mostStatements, Dropped: (*statement).evict}}
}

// statement is a prepared statement with the number of its users; it is closed once it is out of the cache and unused.
type statement struct {
	*sql.Stmt
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
	s := &statement{Stmt: prepared, cache: c, users: 1}
	if _, raced := c.kept.Get(text); raced {
		s.evicted = true // another request prepared the same text meanwhile; this one serves once
		return s, nil
	}
	c.kept.Put(text, s)
	return s, nil
}

func (c *statementCache) take(text string) *statement {
	c.mu.Lock()
	defer c.mu.Unlock()
	s, ok := c.kept.Get(text)
	if ok {
		s.users++
	}
	return s
}

// evict is called with the lock held, as all that changes the cache.
func (s *statement) evict() {
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
	c.kept.Clear()
}
