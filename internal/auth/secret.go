package auth

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/google/renameio/v2"
	"golang.org/x/crypto/argon2"

	"dewpoint/internal/errs"
	"dewpoint/internal/model/access"
	"dewpoint/internal/schema"
	"dewpoint/internal/seal"
	"dewpoint/internal/store"
)

const (
	// secretBytes is the length of the key that JWTs are signed with: that of the hash, RFC 7518 section 3.2.
	secretBytes = 32
	// sharedSecret is the key's row in the table secrets.
	sharedSecret = "shared"
)

// secretOf returns the key that signs JWTs and seals what lies in the database. The database holds it in no form that opens without something
// from outside. All servers that share a database have the same.
func secretOf(ctx context.Context, db *store.DB, path, password string) ([]byte, error) {
	own, err := readSecret(path)
	if err != nil {
		return nil, err
	}
	secret := own
	switch {
	case db.Shared():
		h := handOver{path: path, password: password}
		err = db.Update(ctx, func(tx *store.Tx) (err error) {
			secret, err = h.agree(tx, own)
			return err
		})
	case own == nil:
		secret = newSecret()
	}
	if err == nil && own == nil {
		err = renameio.WriteFile(path, secret, 0o600, renameio.IgnoreUmask())
	}
	return secret, err
}

// readSecret reads the key from its file; nil when it isn't there.
func readSecret(path string) ([]byte, error) {
	secret, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil && len(secret) != secretBytes {
		err = fmt.Errorf("%s has %d bytes instead of %d; remove it to have a new one made, which voids all JWTs, second factors, console passwords and passwords of authorization sources", path, len(secret), secretBytes)
	}
	return secret, err
}

func newSecret() []byte {
	secret := make([]byte, secretBytes)
	rand.Read(secret)
	return secret
}

// handOver is how servers that share a database give each other the key: it lies there sealed with the password by which they come to
// the database, which the database itself doesn't hold. Those that need no password have the file copied.
type handOver struct{ path, password string }

// agree returns the key of the database: the server's own one when it is the first.
func (h handOver) agree(tx *store.Tx, own []byte) ([]byte, error) {
	r, err := tx.Get("secrets", schema.TextValue(sharedSecret))
	if errs.Is(err, errs.NotFound) {
		if own == nil {
			own = newSecret()
		}
		return own, h.found(tx, own)
	}
	if err != nil {
		return nil, err
	}
	there := h.open(r)
	switch {
	case own == nil && there == nil:
		return nil, fmt.Errorf("the other servers of this database have one already: copy the file secret of another one's data directory to %s, with mode 0600", h.path)
	case own == nil:
		return there, nil
	case digestOf(string(own)) != access.SecretCol.Digest.Of(r).Text():
		return nil, fmt.Errorf("%s is not that of the other servers of this database: put a copy of theirs there, with mode 0600", h.path)
	case there == nil && h.password != "": // which has been changed
		return own, store.Write(tx, r.Key, access.SecretSet{}.Sealed(h.seal(r, own)))
	}
	return own, nil
}

// found puts down the key of the first server.
func (h handOver) found(tx *store.Tx, secret []byte) error {
	salt := make([]byte, saltBytes)
	rand.Read(salt)
	r := store.RecordOf(tx, access.SecretSet{}.Digest(digestOf(string(secret))).Salt(hex.EncodeToString(salt)))
	r.Key = schema.TextValue(sharedSecret)
	if h.password != "" {
		r.PutAll(schema.Set(access.SecretSet{}.Sealed(h.seal(r, secret))))
	}
	_, err := tx.Insert(r)
	return err
}

func (h handOver) seal(r *schema.Record, secret []byte) string {
	return h.key(r).Seal(secret, placeOf(r, access.SecretCol.Sealed.Name()))
}

// open returns the key that the row holds, nil when it can't be opened by the password.
func (h handOver) open(r *schema.Record) []byte {
	if h.password == "" {
		return nil
	}
	secret, err := h.key(r).Open(access.SecretCol.Sealed.Of(r).Text(), placeOf(r, access.SecretCol.Sealed.Name()))
	if err != nil || digestOf(string(secret)) != access.SecretCol.Digest.Of(r).Text() {
		return nil
	}
	return secret
}

// key makes the password into one. People choose passwords, so it costs whoever guesses as much as with theirs: 20 ms, once for each start.
func (h handOver) key(r *schema.Record) seal.Key {
	return seal.Derive(argon2.IDKey([]byte(h.password), []byte(access.SecretCol.Salt.Of(r).Text()), argonPasses, argonMemory, argonLanes, hashBytes), "dewpoint secret for other servers")
}
