package column

import (
	"crypto/rand"
	"fmt"
	"strings"
)

// NewMAC makes an address in the range that QEMU guests commonly have.
func NewMAC() string {
	var b [3]byte
	if _, err := rand.Read(b[:]); err != nil { // crypto/rand never fails on a running Linux
		panic(err)
	}
	return fmt.Sprintf("52:54:00:%02x:%02x:%02x", b[0], b[1], b[2])
}

// NormalMAC writes an address with lower-case digits and colons.
func NormalMAC(s string) string {
	digits := strings.NewReplacer(":", "", "-", "").Replace(strings.ToLower(s))
	var parts []string
	for i := 0; i+1 < len(digits); i += 2 {
		parts = append(parts, digits[i:i+2])
	}
	return strings.Join(parts, ":")
}
