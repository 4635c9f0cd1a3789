package auth

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

const (
	verifiedFor     = 5 * time.Minute
	mostVerified    = 1000
	longestPassword = 1024 // bytes; what is longer is no password of ours
)

// passwords verifies passwords and remembers for a while which ones were right, so that HTTP Basic on every call is cheap. What is
// remembered is a keyed hash over user, password and what that was held against: it is void as soon as this changes, and useless elsewhere.
type passwords struct {
	turns turnstile
	key   []byte // of this process
	dummy digest // verified against where there is no user, so that this takes as long

	computed atomic.Int64 // digests, since the memory was last given back
	pages    pages

	mu       sync.Mutex
	verified map[[sha256.Size]byte]time.Time // until when
}

func (p *passwords) init() {
	p.turns = newTurnstile(digestsAtOnce)
	p.key = make([]byte, 32)
	rand.Read(p.key)
	p.verified = map[[sha256.Size]byte]time.Time{}
	p.dummy = digest{memory: argonMemory, passes: argonPasses, lanes: argonLanes, salt: make([]byte, saltBytes), hash: make([]byte, hashBytes)}
	rand.Read(p.dummy.hash)
}

// matches reports whether the stored digest is that of the password. An unreadable or empty digest matches nothing and takes as long. The
// caller has had its turn.
func (p *passwords) matches(password, stored string) bool {
	p.begin()
	d, err := parseDigest(stored)
	if err != nil {
		d = p.dummy
	}
	return d.matches(password) && err == nil
}

// begin is called before a digest is computed.
func (p *passwords) begin() {
	p.computed.Add(1)
	p.pages.want()
}

// giveBack returns the memory that hashing took to the system. The collector would keep it for minutes, and it is most of what an idle
// server would hold.
func (p *passwords) giveBack() {
	if p.computed.Swap(0) > 0 {
		debug.FreeOSMemory()
	}
}

func (p *passwords) proof(user int64, password, against string) (sum [sha256.Size]byte) {
	mac := hmac.New(sha256.New, p.key)
	var head [16]byte
	binary.BigEndian.PutUint64(head[:8], uint64(user))
	binary.BigEndian.PutUint64(head[8:], uint64(len(password)))
	mac.Write(head[:])
	mac.Write([]byte(password))
	mac.Write([]byte(against))
	mac.Sum(sum[:0])
	return sum
}

func (p *passwords) remembers(proof [sha256.Size]byte, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return now.Before(p.verified[proof])
}

func (p *passwords) remember(proof [sha256.Size]byte, now time.Time, life time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.verified) >= mostVerified {
		for other, until := range p.verified {
			if !now.Before(until) {
				delete(p.verified, other)
			}
		}
	}
	if len(p.verified) >= mostVerified {
		clear(p.verified)
	}
	p.verified[proof] = now.Add(life)
}
