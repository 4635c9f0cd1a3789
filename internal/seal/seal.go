// Package seal makes of a secret a text that can be stored: only who has the key can read it again, and only in the place that it was sealed
// for.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
)

// mark begins each sealed text, and says how it was made: AES-256-GCM, the nonce first, in base 64.
const mark = "sealed1:"

// Key seals and opens. It must not be known to who can read what is stored.
type Key [32]byte

// Derive makes a key for one purpose out of a secret that serves others too.
func Derive(secret []byte, purpose string) Key {
	k, err := hkdf.Key(sha256.New, secret, nil, purpose, len(Key{}))
	if err != nil { // 32 bytes are never too many
		panic(err)
	}
	return Key(k)
}

// Seal makes a text of a secret. It can be opened with the key for the same place alone, so a text that is copied elsewhere is worth nothing.
func (k Key) Seal(secret []byte, place string) string {
	aead := k.aead()
	nonce := make([]byte, aead.NonceSize(), aead.NonceSize()+len(secret)+aead.Overhead())
	rand.Read(nonce) // never fails
	return mark + base64.StdEncoding.EncodeToString(aead.Seal(nonce, nonce, secret, []byte(place)))
}

// Open returns the secret; an error when the text was sealed with another key or for another place, or was changed. A missing mark is no
// such change: the first texts had none.
func (k Key) Open(text, place string) ([]byte, error) {
	sealed, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(text, mark))
	if err != nil {
		return nil, err
	}
	aead := k.aead()
	if len(sealed) < aead.NonceSize() {
		return nil, errors.New("a sealed text is cut off")
	}
	return aead.Open(nil, sealed[:aead.NonceSize()], sealed[aead.NonceSize():], []byte(place))
}

// Is reports whether a text is marked as sealed.
func Is(text string) bool { return strings.HasPrefix(text, mark) }

func (k Key) aead() cipher.AEAD {
	block, err := aes.NewCipher(k[:])
	if err != nil { // 32 bytes always make a cipher
		panic(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	return aead
}
