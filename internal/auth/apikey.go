package auth

import (
	"crypto/rand"
	"encoding/hex"
	"net/netip"
	"strings"
	"time"

	"dewpoint/internal/model/access"
)

const apiKeyBytes = 32 // 64 hex digits

// NewAPIKey makes a key and the digest to store in user_api_keys. The key is shown to its owner once.
func NewAPIKey() (key, digest string) {
	raw := make([]byte, apiKeyBytes)
	rand.Read(raw)
	key = hex.EncodeToString(raw)
	return key, digestOf(key)
}

// usable reports whether the key may be used at now from address. An expires of 0 means never, whatever the type says, since that is
// what clients leave out.
func usable(k access.UserAPIKey, now time.Time, address string) bool {
	if k.ExpiresType == "date" && k.Expires > 0 && now.Unix() >= k.Expires {
		return false
	}
	return addressAllowed(k.IPAllowList, k.IPDenyList, address)
}

// addressAllowed applies an allow list and a deny list, allow first. Who is in neither may enter unless there is an allow list.
func addressAllowed(allow, deny, address string) bool {
	allowed, denied := splitList(allow), splitList(deny)
	if len(allowed) == 0 && len(denied) == 0 {
		return true
	}
	a, err := netip.ParseAddr(address)
	if err != nil {
		return false
	}
	a = a.Unmap().WithZone("")
	if in, _ := listed(allowed, a); in {
		return true
	}
	in, readable := listed(denied, a)
	return !in && readable && len(allowed) == 0
}

// listed reports whether one of the addresses or CIDR ranges covers a. Readable is false when one of them is neither: then a deny list
// denies, because nobody knows whom it means.
func listed(list []string, a netip.Addr) (in, readable bool) {
	readable = true
	for _, item := range list {
		p, err := netip.ParsePrefix(item)
		if err != nil {
			single, err := netip.ParseAddr(item)
			if err != nil {
				readable = false
				continue
			}
			single = single.Unmap().WithZone("")
			p = netip.PrefixFrom(single, single.BitLen())
		}
		in = in || p.Contains(a)
	}
	return in, readable
}

// splitList cuts a list at commas and white space.
func splitList(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ';' || r == ' ' || r == '\n' || r == '\r' || r == '\t' })
}
