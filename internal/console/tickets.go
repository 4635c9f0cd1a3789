package console

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"sync"
	"time"

	"dewpoint/internal/errs"
)

const (
	ticketLife = 5 * time.Minute
	// remembered is for how long after its end a ticket is still known as used or expired.
	remembered = 5 * time.Minute
	// mostTickets bounds how many are remembered, and mostOfUser how many that weren't used one person can have.
	mostTickets, mostOfUser = 50_000, 1_000
)

// Grant is what a ticket is good for: one connection of one person to one console.
type Grant struct {
	Machine int64
	Kind    Kind
	User    int64
	// Again gives a context with the person as he is now, or why he would be refused.
	Again func(context.Context) (context.Context, error)
}

// Tickets are given out and taken in. They are kept in memory, by their hashes: with the server goes what it gave out.
type Tickets struct {
	now    func() time.Time
	mu     sync.Mutex
	known  map[[sha256.Size]byte]*ticket
	ofUser map[int64]int // those that weren't used
	swept  time.Time
}

type ticket struct {
	Grant
	expires time.Time
	used    bool
}

func newTickets() *Tickets {
	return &Tickets{now: time.Now, known: map[[sha256.Size]byte]*ticket{}, ofUser: map[int64]int{}}
}

// Mint makes a ticket of 64 hex digits, and tells until when it is good; TooMany when too many are out.
func (t *Tickets) Mint(g Grant) (text string, expires time.Time, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	if t.sweep(now); len(t.known) >= mostTickets || t.ofUser[g.User] >= mostOfUser {
		return "", time.Time{}, errs.New(errs.TooMany, "too_many_tickets", "too many console tickets were given out lately; use those, or wait some minutes").After(time.Minute)
	}
	var random [32]byte
	rand.Read(random[:])
	text = hex.EncodeToString(random[:])
	expires = now.Add(ticketLife)
	t.known[sha256.Sum256([]byte(text))] = &ticket{Grant: g, expires: expires}
	t.ofUser[g.User]++
	return text, expires, nil
}

// Find returns what a ticket is good for, and leaves it good: Unauthenticated with the code invalid_token, token_expired or token_already_used.
func (t *Tickets) Find(text string) (Grant, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	found, err := t.find(text)
	if err != nil {
		return Grant{}, err
	}
	return found.Grant, nil
}

// Use takes a ticket in; its errors are those of Find.
func (t *Tickets) Use(text string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	found, err := t.find(text)
	if err != nil {
		return err
	}
	found.used, found.Again = true, nil
	t.spent(found.User)
	return nil
}

func (t *Tickets) find(text string) (*ticket, error) {
	found := t.known[sha256.Sum256([]byte(text))]
	switch {
	case found == nil:
		return nil, ErrTicket()
	case found.used:
		return nil, errs.New(errs.Unauthenticated, "token_already_used", "the ticket was used already; ask for a new one")
	case !t.now().Before(found.expires):
		return nil, errs.New(errs.Unauthenticated, "token_expired", "the ticket has expired; ask for a new one")
	}
	return found, nil
}

// ErrTicket is the error of a ticket that isn't known, or not for this.
func ErrTicket() error {
	return errs.New(errs.Unauthenticated, "invalid_token", "the ticket isn't good for this console; ask for a new one")
}

// Out is how many tickets are good.
func (t *Tickets) Out() (n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, one := range t.known {
		if !one.used && t.now().Before(one.expires) {
			n++
		}
	}
	return n
}

// sweep forgets what ended long ago, now and then.
func (t *Tickets) sweep(now time.Time) {
	if now.Sub(t.swept) < time.Second {
		return
	}
	t.swept = now
	for hash, one := range t.known {
		if now.Sub(one.expires) < remembered {
			continue
		}
		delete(t.known, hash)
		if !one.used {
			t.spent(one.User)
		}
	}
}

// spent counts down the tickets that a user has.
func (t *Tickets) spent(user int64) {
	if t.ofUser[user]--; t.ofUser[user] == 0 {
		delete(t.ofUser, user)
	}
}
