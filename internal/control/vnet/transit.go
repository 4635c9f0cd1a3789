package vnet

import (
	"encoding/binary"
	"hash/fnv"
	"net/netip"

	"dewpoint/internal/errs"
)

// transitRange is the shared address space of RFC 6598: not private, so no network of a user's should hold it.
var transitRange = netip.MustParsePrefix("100.64.0.0/10")

const (
	transitBits  = 30
	transitCount = 1 << (transitBits - 10) // how many fit into transitRange
)

// isTransit reports whether the address is the host's end of a transit of ours.
func isTransit(p netip.Prefix) bool {
	return p.IsValid() && p.Bits() == transitBits && transitRange.Contains(p.Addr()) && p.Addr() == p.Masked().Addr().Next()
}

// freeTransit returns the host's end of a transit that overlaps nothing taken. The search begins where the hash of instance and
// key says, so that a network usually gets the same one again and two instances seldom want the same.
func freeTransit(instance string, key int64, taken []netip.Prefix) (netip.Prefix, error) {
	h := fnv.New32a()
	h.Write([]byte(instance + "/" + decimal(key)))
	start := h.Sum32() % transitCount
	for i := range uint32(transitCount) {
		p := transit((start + i) % transitCount)
		if !overlapsAny(p, taken) {
			return p, nil
		}
	}
	return netip.Prefix{}, errs.New(errs.Full, "transits_full", "no free transit is left in %v", transitRange)
}

// transit returns the host's end of the n-th transit.
func transit(n uint32) netip.Prefix {
	var a [4]byte
	base := transitRange.Addr().As4()
	binary.BigEndian.PutUint32(a[:], binary.BigEndian.Uint32(base[:])+n<<(32-transitBits)+1)
	return netip.PrefixFrom(netip.AddrFrom4(a), transitBits)
}

func overlapsAny(p netip.Prefix, taken []netip.Prefix) bool {
	for _, other := range taken {
		if p.Overlaps(other) {
			return true
		}
	}
	return false
}
