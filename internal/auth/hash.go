package auth

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// The cost of a password: OWASP's second argon2id profile, 19 MiB and two passes, about 20 ms.
const (
	argonMemory = 19 << 10 // KiB
	argonPasses = 2
	argonLanes  = 1
	saltBytes   = 16
	hashBytes   = 32
)

// The most that a stored digest may ask for; digests that were imported may have other costs than ours.
const (
	mostMemory = 256 << 10 // KiB
	mostPasses = 10
	mostLanes  = 8
)

// HashPassword returns the argon2id digest of a password in the PHC string format ($argon2id$v=19$m=…,t=…,p=…$salt$hash). It takes
// about 20 ms and 19 MiB: don't call it inside a transaction.
func HashPassword(password string) string {
	salt := make([]byte, saltBytes)
	rand.Read(salt)
	hash := argon2.IDKey([]byte(password), salt, argonPasses, argonMemory, argonLanes, hashBytes)
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonPasses, argonLanes, b64.EncodeToString(salt), b64.EncodeToString(hash))
}

// digest is a parsed PHC string.
type digest struct {
	memory, passes uint32
	lanes          uint8
	salt, hash     []byte
}

// parseDigest reads a PHC string of argon2id.
func parseDigest(s string) (d digest, err error) {
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return d, errors.New("not an argon2id digest")
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &d.memory, &d.passes, &d.lanes); err != nil {
		return d, fmt.Errorf("cost of an argon2id digest: %w", err)
	}
	if d.memory > mostMemory || d.passes == 0 || d.passes > mostPasses || d.lanes == 0 || d.lanes > mostLanes {
		return d, errors.New("the cost of an argon2id digest is out of bounds")
	}
	if d.salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil {
		return d, fmt.Errorf("salt of an argon2id digest: %w", err)
	}
	if d.hash, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil {
		return d, fmt.Errorf("hash of an argon2id digest: %w", err)
	}
	if len(d.hash) < 16 || len(d.hash) > 64 {
		return d, errors.New("the hash of an argon2id digest has a wrong length")
	}
	return d, nil
}

// matches reports whether the digest is that of password. The comparison takes the same time wherever the two differ.
func (d digest) matches(password string) bool {
	got := argon2.IDKey([]byte(password), d.salt, d.passes, d.memory, d.lanes, uint32(len(d.hash)))
	return subtle.ConstantTimeCompare(got, d.hash) == 1
}
