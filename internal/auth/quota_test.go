package auth_test

import (
	"context"
	"math"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"dewpoint/internal/auth"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/system"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// set writes a setting.
func (b *bench) set(key, value string) {
	b.Helper()
	b.update(func(tx *store.Tx) error {
		_, err := store.GetRow[system.Setting](tx, schema.TextValue(key))
		if errs.Is(err, errs.NotFound) {
			r := schema.NewRecord(tx.Schema().Table("settings"))
			r.Key = schema.TextValue(key)
			r.Put("value", schema.TextValue(value))
			_, err = tx.Create(r, nil)
			return err
		}
		return tx.Change("settings", schema.TextValue(key), schema.Set{"value": schema.TextValue(value)})
	})
}

// key makes an API key of the user.
func (b *bench) key(user int64) string {
	b.Helper()
	key, digest := auth.NewAPIKey()
	b.create("user_api_keys", schema.Set{"user": schema.IntValue(user), "digest": schema.TextValue(digest)})
	return key
}

// limited fails the test unless the request is refused for its number, and returns the reply's header and how long to wait.
func (b *bench) limited(what string, r *http.Request) (http.Header, time.Duration) {
	b.Helper()
	header := http.Header{}
	_, err := b.Authenticate(context.Background(), r, header)
	e := errs.As(err)
	if e == nil || e.Kind != errs.TooMany || e.Code != "rate_limited" {
		b.Fatalf("%s: %v, want it refused as rate_limited", what, err)
	}
	return header, e.Wait
}

// left sends a request with a key and gives the reply's header.
func (b *bench) left(key string) (http.Header, error) {
	header := http.Header{}
	_, err := b.Authenticate(context.Background(), bearer(key), header)
	return header, err
}

func TestKeyIsGoodForAThousandRequestsAnHour(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	u := b.user("ann", "pw")
	key, other := b.key(u.Key), b.key(u.Key)
	all := func() {
		t.Helper()
		for n := range 1000 {
			header := http.Header{}
			if _, err := b.Authenticate(context.Background(), bearer(key), header); err != nil {
				t.Fatalf("request %d: %v", n+1, err)
			}
			if got := header.Get("X-RateLimit-Remaining"); got != strconv.Itoa(999-n) {
				t.Fatalf("request %d: %s are left", n+1, got)
			}
		}
	}
	all()
	header, wait := b.limited("request 1001", bearer(key))
	if wait != 3600*time.Millisecond || header.Get("X-RateLimit-Limit") != "1000" || header.Get("X-RateLimit-Remaining") != "0" ||
		header.Get("X-RateLimit-Reset") != strconv.FormatInt(start.Add(4*time.Second).Unix(), 10) {
		t.Errorf("wait %v, header %v", wait, header)
	}
	b.accepts("another key of the same user", bearer(other))
	for range 3 {
		b.pass(wait - time.Nanosecond)
		b.limited("a moment too early", bearer(key))
		b.pass(time.Nanosecond)
		b.accepts("as soon as one fits", bearer(key))
	}
	b.pass(time.Hour - wait)
	if header, err := b.left(key); err != nil || header.Get("X-RateLimit-Remaining") != "998" {
		t.Errorf("after an hour less one request: %v, %v", header, err)
	}
	b.pass(2 * time.Hour)
	all()
}

// Whoever comes when the reply says so is let in, and no earlier, at each limit.
func TestQuotaTellsWhenTheNextFits(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, most := range []int64{1, 7, 1000, 123_457, math.MaxInt32} {
		wait := b.UseUp(1, most, start)
		if even := time.Hour / time.Duration(most); wait < even || wait > even+time.Microsecond {
			t.Errorf("of %d an hour, the next fits in %v, want %v", most, wait, even)
		}
		if _, ok, _ := b.TakeQuota(1, most, start.Add(wait-time.Nanosecond)); ok {
			t.Errorf("of %d an hour, one fits before it is due", most)
		}
		if left, ok, _ := b.TakeQuota(1, most, start.Add(wait)); !ok || left != 0 {
			t.Errorf("of %d an hour, when one is due: %v, and %d are left", most, ok, left)
		}
	}
}

// A clock that was ahead and is set back keeps nobody out for longer than one request takes to be regained.
func TestQuotaWithAClockSetBack(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	key := b.key(b.user("ann", "pw").Key)
	b.set("rate_limit_per_hour", "2")
	b.pass(1000 * time.Hour)
	b.accepts("first", bearer(key))
	b.accepts("second", bearer(key))
	b.pass(-1000 * time.Hour)
	_, wait := b.limited("third", bearer(key))
	b.pass(wait)
	b.accepts("when the next fits", bearer(key))
}

func TestQuotaIsExactInParallel(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	key := b.key(b.user("ann", "pw").Key)
	b.set("rate_limit_per_hour", "100")
	var good, refused atomic.Int64
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 40 {
				switch _, err := b.Authenticate(context.Background(), bearer(key), http.Header{}); {
				case err == nil:
					good.Add(1)
				case errs.Is(err, errs.TooMany):
					refused.Add(1)
				}
			}
		})
	}
	group.Wait()
	if good.Load() != 100 || refused.Load() != 220 {
		t.Errorf("%d requests were let in and %d refused, want 100 and 220", good.Load(), refused.Load())
	}
}

func TestSettingsOfLimitsCountAtOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	u := b.user("ann", "pw")
	key := b.key(u.Key)
	b.set("rate_limit_per_hour", "2")
	b.accepts("first", bearer(key))
	b.accepts("second", bearer(key))
	b.limited("third of two", bearer(key))
	b.set("rate_limit_per_hour", "3")
	b.accepts("third of three", bearer(key))
	b.set("rate_limit_per_hour", "0")
	for range 5 {
		b.accepts("without a limit", bearer(key))
	}
	b.set("rate_limit_per_hour", "1")
	b.limited("when the limit is lowered", bearer(key))
	b.set("rate_limit_per_hour", "lots")
	b.accepts("when the setting is no number", bearer(key))
}

func TestSessionsAreLimitedOnlyWhenAsked(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	u := b.user("ann", "pw")
	token, _, err := b.IssueJWT(context.Background(), u)
	if err != nil {
		t.Fatal(err)
	}
	b.set("rate_limit_per_hour", "1")
	session := b.open(u.Key)
	credentials := map[string]*http.Request{"session": bearer(session), "JWT": bearer(token), "password": basic("ann:pw")}
	for what, r := range credentials {
		for range 3 {
			b.accepts(what, r)
		}
	}
	b.set("rate_limit_sessions", "1")
	b.accepts("the first of the session", bearer(session))
	b.limited("the second of the session", bearer(session))
	b.accepts("another session", bearer(b.open(u.Key)))
	b.accepts("the first by password", basic("ann:pw"))
	b.limited("the first by JWT, which counts as the same account", bearer(token))
}

func TestQuotasAreBounded(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.TakeQuota(-1, 2, start)
	b.TakeQuota(-1, 2, start)
	for key := range int64(auth.MostQuotas + 5000) {
		if _, _, known := b.TakeQuota(key, 2, start); known > auth.MostQuotas {
			t.Fatalf("%d credentials are remembered, want %d at most", known, auth.MostQuotas)
		}
	}
	if left, ok, _ := b.TakeQuota(-1, 2, start); ok {
		t.Errorf("the busiest credential was forgotten: %d left", left)
	}
}
