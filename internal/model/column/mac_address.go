package column

import (
	"crypto/rand"
	"fmt"
)

// NewMAC makes an address in the range that QEMU guests commonly have.
func NewMAC() string {
	var b [3]byte
	if _, err := rand.Read(b[:]); err != nil { // crypto/rand never fails on a running Linux
		panic(err)
	}
	return fmt.Sprintf("52:54:00:%02x:%02x:%02x", b[0], b[1], b[2])
}
