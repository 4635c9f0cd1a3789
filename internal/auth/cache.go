package auth

import (
	"sync"
	"time"

	"dewpoint/internal/model/access"
)

const (
	cachedFor  = 5 * time.Second
	mostCached = 10000
)

// holder is whom a credential belongs to, and the credential's own row if it has one.
type holder struct {
	user    access.User
	source  *source // of an account found by its name; nil where the password is known here
	session *access.Session
	key     *access.UserAPIKey
	limits  limits
}

// cache keeps answers of the database for a moment. It is cleared whenever one of the tables behind it changes, so it is never behind.
// The zero value is ready.
type cache struct {
	mu      sync.Mutex
	epoch   uint64 // grows with each clear
	entries map[string]cached
}

type cached struct {
	holder holder
	until  time.Time
}

// get returns the entry of key if there is one. The epoch is for put: it tells whether what is read from the database after this call
// may be out of date by then.
func (c *cache) get(key string, now time.Time) (h holder, ok bool, epoch uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[key]
	return e.holder, ok && now.Before(e.until), c.epoch
}

func (c *cache) put(key string, h holder, now time.Time, epoch uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.epoch != epoch {
		return
	}
	if c.entries == nil || len(c.entries) >= mostCached {
		c.entries = map[string]cached{}
	}
	c.entries[key] = cached{h, now.Add(cachedFor)}
}

func (c *cache) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.epoch++
	clear(c.entries)
}
