package auth

import (
	"crypto/sha256"
	"net/netip"
	"strings"
	"time"
)

// kind is what the failures of an attempt are added up by.
type kind uint8

const (
	byPair    kind = iota // an account from an address: each further failure doubles the wait
	byAddress             // an address, whatever the account: who tries few passwords on many accounts
	byAccount             // an account, from whatever address: who tries from many
)

// rate is how many failures of a kind cost nothing, and how long it takes until one is forgotten.
func (k kind) rate() (free int, every time.Duration) {
	if k == byAddress {
		return 20, time.Minute
	}
	return 50, 5 * time.Minute
}

// longest is how far in the future until can be.
func (k kind) longest() time.Duration {
	if k == byPair {
		return longestWait
	}
	free, every := k.rate()
	return time.Duration(free+1) * every
}

// attempt is what failures are counted by: an account, which needn't exist, and where the attempts come from. Somebody elsewhere who knows
// the password isn't shut out by those who guess.
type attempt struct {
	kind    kind
	account [sha256.Size]byte // zero where it plays no role
	source  netip.Prefix      // likewise
}

// guard is all that an attempt is counted by, paired first.
type guard [3]attempt

func guardOf(name, from string) guard {
	a, src := accountOf(name), sourceOf(from)
	return guard{{byPair, a, src}, {kind: byAddress, source: src}, {kind: byAccount, account: a}}
}

// accountOf hides a name of any length behind one of a fixed length.
func accountOf(name string) [sha256.Size]byte { return sha256.Sum256([]byte(strings.ToLower(name))) }

// sourceOf returns what one client can be told from another by: the IPv4 address, or the /64 that IPv6 hosts choose their addresses in. What
// is no address is one source.
func sourceOf(address string) netip.Prefix {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return netip.Prefix{}
	}
	a = a.Unmap().WithZone("")
	bits := 64
	if a.Is4() {
		bits = 32
	}
	p, err := a.Prefix(bits)
	if err != nil { // both lengths are good
		panic(err)
	}
	return p
}
