package auth_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dewpoint/internal/auth"
	"dewpoint/internal/errs"
)

// fails logs in with a wrong password n times.
func (b *bench) fails(n int, name, address string) {
	b.Helper()
	for range n {
		if _, err := b.login(name, "wrong", address); !errs.Is(err, errs.Unauthenticated) {
			b.Fatalf("a wrong password of %s from %s: %v", name, address, err)
		}
	}
}

// waits fails the test unless even the right password is refused for a while, and returns for how long.
func (b *bench) waits(name, password, address string) time.Duration {
	b.Helper()
	_, err := b.login(name, password, address)
	e := errs.As(err)
	if e == nil || e.Kind != errs.TooMany || e.Code != "too_many_attempts" || e.Wait <= 0 {
		b.Fatalf("%s from %s: %v, want it refused for a while", name, address, err)
	}
	return e.Wait
}

func (b *bench) enters(what, name, password, address string) {
	b.Helper()
	if _, err := b.login(name, password, address); err != nil {
		b.Errorf("%s: %v", what, err)
	}
}

func TestGuessesFromOneAddressWaitLongerAndLonger(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.user("ann", "pw")
	for _, name := range []string{"nobody", "ann"} { // waiting must not tell who has an account
		b.fails(5, name, "192.0.2.1")
		var waits []int
		for range 10 {
			wait := b.waits(name, "pw", "192.0.2.1")
			waits = append(waits, int(wait/time.Second))
			b.pass(wait)
			b.fails(1, name, "192.0.2.1")
		}
		if d := cmp.Diff([]int{5, 10, 20, 40, 80, 160, 320, 640, 900, 900}, waits); d != "" {
			t.Errorf("%s: seconds to wait (-want +got):\n%s", name, d)
		}
	}
	b.waits("ANN", "pw", "::ffff:192.0.2.1")
	b.enters("the right password from elsewhere", "ann", "pw", "192.0.2.2")
	b.waits("ann", "pw", "192.0.2.1") // a login elsewhere forgives nothing here
	b.pass(15 * time.Minute)
	b.enters("the right password after the wait", "ann", "pw", "192.0.2.1")
	b.fails(4, "ann", "192.0.2.1")
	b.enters("after four failures, the older ones being forgiven", "ann", "pw", "192.0.2.1")
}

func TestFailuresAreForgottenAfterAWhile(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.user("ann", "pw")
	b.fails(4, "ann", "192.0.2.1")
	b.pass(2 * time.Hour)
	b.fails(4, "ann", "192.0.2.1")
	b.enters("after four failures now and four long ago", "ann", "pw", "192.0.2.1")
}

func TestSourceOf(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"192.0.2.1": "192.0.2.1/32", "::ffff:192.0.2.1": "192.0.2.1/32", "2001:db8:1:2:3::4": "2001:db8:1:2::/64",
		"fe80::1%eth0": "fe80::/64", "": "invalid Prefix", "@": "invalid Prefix",
	} {
		if got := auth.SourceOf(address).String(); got != want {
			t.Errorf("%q: %s, want %s", address, got, want)
		}
	}
}

func TestBasicIsThrottledAndTellsNothingMeanwhile(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.user("ann", "pw")
	b.accepts("the right password, remembered from now on", basic("ann:pw"))
	for range 5 {
		b.refuses("wrong password", "invalid", basic("ann:no"))
	}
	for _, password := range []string{"no", "pw"} {
		_, err := b.Authenticate(context.Background(), basic("ann:"+password), http.Header{})
		if e := errs.As(err); e == nil || e.Code != "too_many_attempts" {
			t.Errorf("password %s: %v, want it not looked at", password, err)
		}
	}
	b.waits("ann", "pw", "192.0.2.1")
	b.pass(5 * time.Second)
	b.accepts("the right password after the wait", basic("ann:pw"))
}

// However many guesses come at once, as many are looked at as of those that come one by one; the right one among the later ones is lost.
func TestGuessesAtOnceAreCountedExactly(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.user("ann", "pw")
	b.accepts("the right password, remembered from now on", basic("ann:pw"))
	var looked, waiting, others atomic.Int64
	var group sync.WaitGroup
	for i := range 60 {
		group.Go(func() {
			_, err := b.login("ann", "guess "+strconv.Itoa(i), "192.0.2.9")
			switch e := errs.As(err); {
			case e != nil && e.Code == "invalid":
				looked.Add(1)
			case e != nil && e.Code == "too_many_attempts":
				waiting.Add(1)
			default:
				others.Add(1)
			}
		})
	}
	group.Wait()
	if looked.Load() != 5 || waiting.Load() != 55 {
		t.Errorf("%d guesses were looked at, %d had to wait, %d ended otherwise; want 5, 55, 0", looked.Load(), waiting.Load(), others.Load())
	}
}

func TestRememberedFailuresAreBounded(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.user("ann", "pw")
	b.fails(5, "ann", "192.0.2.1")
	for i := range auth.MostAttempts + 3000 {
		b.CountFailure(fmt.Sprint("user", i), "192.0.2.1", start)
		if n := b.Attempts(); n > auth.MostAttempts {
			t.Fatalf("%d are remembered, want %d at most", n, auth.MostAttempts)
		}
	}
	b.waits("ann", "pw", "192.0.2.1") // who failed most is remembered longest
}

func TestFailedAttemptsOfTheRow(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	u, ctx := b.user("ann", "pw"), context.Background()
	stored := func() int64 {
		t.Helper()
		if err := b.Flush(ctx); err != nil {
			t.Fatal(err)
		}
		return int64(b.readUser(u.Key).FailedAttempts)
	}
	b.fails(2, "ann", "192.0.2.1")
	if got := stored(); got != 2 {
		t.Errorf("after two failures: %d", got)
	}
	b.fails(1, "ann", "192.0.2.1")
	b.enters("login", "ann", "pw", "192.0.2.1")
	if got := stored(); got != 0 {
		t.Errorf("after a login: %d; failures before it must not come back", got)
	}
	b.fails(1, "ann", "192.0.2.1")
	if got := stored(); got != 1 {
		t.Errorf("after one more failure: %d", got)
	}
	b.accepts("Basic", basic("ann:pw"))
	if got := stored(); got != 0 || b.readUser(u.Key).LastLogin != start.Unix() {
		t.Errorf("after a good Basic: %d failures, last login %d", got, b.readUser(u.Key).LastLogin)
	}
}

// One address with many passwords to check delays another's by one of its own.
func TestTurnsAreFair(t *testing.T) {
	t.Parallel()
	turns := auth.NewTurnstile()
	ctx := context.Background()
	var mu sync.Mutex
	var order []string
	enter := func(address string) func() {
		leave, err := turns.Enter(ctx, address)
		if err != nil {
			t.Error(err)
			return func() {}
		}
		mu.Lock()
		defer mu.Unlock()
		order = append(order, address)
		return leave
	}
	first, second := enter("192.0.2.1"), enter("198.51.100.1")
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() { enter("192.0.2.1")() })
	}
	until(t, func() bool { return turns.Waiting("192.0.2.1") == 51 })
	group.Go(func() { enter("203.0.113.1")() })
	until(t, func() bool { return turns.Waiting("203.0.113.1") == 1 })
	second() // the gate has one place: the busy address stands in its own queue, since its first is still inside
	until(t, func() bool { return turns.Waiting("203.0.113.1") == 0 })
	first()
	group.Wait()
	if at := slices.Index(order, "203.0.113.1"); at != 2 {
		t.Errorf("the third address had turn %d, want the next after those inside", at)
	}
	if turns.Waiting("192.0.2.1") != 0 {
		t.Error("somebody is still inside")
	}
}

func TestTurnEndsWithTheRequest(t *testing.T) {
	t.Parallel()
	turns := auth.NewTurnstile()
	leave, err := turns.Enter(context.Background(), "192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := turns.Enter(ended, "192.0.2.1"); !errs.Is(err, errs.Unavailable) {
		t.Errorf("a request that was cut off: %v", err)
	}
	leave()
	if n := turns.Waiting("192.0.2.1"); n != 0 {
		t.Errorf("%d are still inside", n)
	}
}

// until waits for something that another goroutine does.
func until(t *testing.T, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it didn't happen in 10 seconds")
		}
	}
}
