package engine

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"dewpoint/internal/errs"
	"dewpoint/internal/model/system"
	"dewpoint/internal/schema"
	"dewpoint/internal/seal"
	"dewpoint/internal/store"
)

const (
	idempotencyTable = "idempotency_keys"
	// answerLife is how long the answer to a request with an idempotency key is kept.
	answerLife = 24 * time.Hour
)

// Answer is what was answered to a request.
type Answer struct {
	Status int
	Body   []byte
}

// Once is a request that must not be done twice: the key that its sender gave it, and what it says.
type Once struct {
	Key     string
	Request []byte
}

// Recall returns the answer to the same request with the same key by the same user, nil when this is the first; Invalid when the key was
// used for another request. Writers come one after the other, so of two such requests at once the second finds the answer of the first.
func (w *Write) Recall(o Once) (*Answer, error) {
	r, err := w.tx.Get(idempotencyTable, o.row(w))
	if errs.Is(err, errs.NotFound) || err == nil && r.Get("created").Int() <= w.expired() {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if !hmac.Equal([]byte(r.Get("request").Text()), []byte(o.digest(w))) {
		return nil, errs.New(errs.Invalid, "idempotency_key_reused", "this Idempotency-Key was used for another request; use a new one for each")
	}
	if err := w.redate(); err != nil {
		return nil, err
	}
	body, err := o.key(w).Open(r.Get("answer").Text(), "")
	if err != nil {
		return nil, fmt.Errorf("reading the answer kept for an idempotency key: %w", err)
	}
	return &Answer{int(r.Get("status").Int()), body}, nil
}

// Remember keeps the answer to a request in the transaction that did it, and clears old ones away.
func (w *Write) Remember(o Once, a Answer) error {
	old, err := w.tx.Find(idempotencyTable, store.UpTo("created", schema.IntValue(w.expired())))
	if err != nil {
		return err
	}
	for _, r := range old {
		if err := w.tx.Purge(idempotencyTable, r.Key); err != nil {
			return err
		}
	}
	if err := w.redate(); err != nil {
		return err
	}
	return store.CreateAs(w.tx, o.row(w), system.IdempotencyKeySet{}.Request(o.digest(w)).Status(int64(a.Status)).Answer(o.key(w).Seal(a.Body, "")))
}

// redate gives answers that were kept by a clock that was ahead the present time: what they answered was done, and must not be done twice, but
// they would stay until the present has caught up.
func (w *Write) redate() error {
	ahead, err := w.tx.Find(idempotencyTable, w.tx.InFuture(system.IdempotencyKeyCol.Created))
	for _, r := range ahead {
		if err == nil {
			err = store.Write(w.tx, r.Key, system.IdempotencyKeySet{}.Created(w.tx.Now().Unix()))
		}
	}
	return err
}

// expired is the time up to which answers are forgotten.
func (w *Write) expired() int64 { return w.tx.Now().Add(-answerLife).Unix() }

// secret makes 32 bytes for one purpose that nobody can make without the key.
func (o Once) secret(w *Write, purpose string) []byte {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d %s", purpose, w.actor.User, o.Key))
	return sum[:]
}

// key seals the answer, so that only the sender of the key can have it read again.
func (o Once) key(w *Write) seal.Key { return seal.Key(o.secret(w, "answer")) }

func (o Once) row(w *Write) schema.Value {
	return schema.TextValue(hex.EncodeToString(o.secret(w, "row")[:20]))
}

func (o Once) digest(w *Write) string {
	h := hmac.New(sha256.New, o.secret(w, "request"))
	h.Write(o.Request)
	return hex.EncodeToString(h.Sum(nil))
}
