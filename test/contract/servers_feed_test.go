package contract

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"dewpoint/internal/store/postgres/pgtest"
	"dewpoint/test/harness"
)

const (
	// feedQuery is what the watchers follow.
	feedQuery = "clusters?fields=$key,name,description&filter=name%20bw%20'w'"
	// feedWrites is how many changes each writer makes.
	feedWrites = 100
)

// place is some servers of which any will do.
type place []*harness.Server

func (p place) any() *harness.Server { return p[rand.IntN(len(p))] }

// writer makes, changes and deletes rows of its own through any server, again where it got no answer.
func writer(t *testing.T, p place, number int, done *atomic.Int64) {
	var keys []string
	for i := range feedWrites {
		state := strconv.Itoa(i)
		switch {
		case len(keys) < 3 || rand.IntN(4) == 0:
			once := fmt.Sprintf("w%d-%d", number, i)
			status, text, _ := persistAt(t, p.any, "POST", "clusters", fmt.Sprintf(`{"name":%q,"description":%q}`, once, state), "Idempotency-Key", once)
			if status != 201 {
				t.Errorf("create: %d %s", status, text)
				return
			}
			var made struct {
				Key string `json:"$key"`
			}
			json.Unmarshal([]byte(text), &made)
			keys = append(keys, made.Key)
		case rand.IntN(4) == 0:
			at := rand.IntN(len(keys))
			persistAt(t, p.any, "DELETE", "clusters/"+keys[at], "")
			keys = slices.Delete(keys, at, at+1)
		default:
			persistAt(t, p.any, "PUT", "clusters/"+keys[rand.IntN(len(keys))], fmt.Sprintf(`{"description":%q}`, state))
		}
		done.Add(1)
	}
}

// TestFeedsOverServers has writers and watchers use three servers at random, and meanwhile disturbs these. In the end each watcher's picture
// is the table's.
func TestFeedsOverServers(t *testing.T) {
	t.Parallel()
	for name, disturb := range map[string]func(*pgtest.Server, place, func(share int)){
		"undisturbed": func(*pgtest.Server, place, func(int)) {},
		"killed": func(_ *pgtest.Server, p place, after func(int)) {
			for i, s := range p {
				after(20 + 20*i)
				s.Kill()
				after(30 + 20*i)
				s.Run()
			}
		},
		"database restarted": func(db *pgtest.Server, _ place, after func(int)) {
			for i := range 3 {
				after(20 + 20*i)
				db.Stop()
				db.Restart(t)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			db, servers := harness.StartShared(t, 3)
			followOver(t, servers, func(after func(int)) { disturb(db, servers, after) })
		})
	}
}

// followOver lets three writers write while watchers watch. Disturb can wait for a share, in percent, of what is written.
func followOver(t *testing.T, p place, disturb func(after func(share int))) {
	admin := harness.Basic("admin", harness.AdminPassword)
	c := tableOf(t, p[0])
	user := c.Create("users", map[string]any{"name": "eve", "password": "eves long password"})
	identity := c.Must(200, "GET", "users/"+user+"?fields=identity", nil).Object()["identity"]
	c.Create("permissions", map[string]any{"identity": identity, "table": "clusters", "list": true, "read": true})
	eve := harness.Basic("eve", "eves long password")

	var watchers []*watcher
	watch := func(name, who string, at func() *harness.Server, hops bool) {
		w := newWatcher(t, p[0], feedQuery)
		w.name, w.who, w.at, w.hops = name, who, at, hops
		watchers = append(watchers, w)
	}
	for i, s := range p {
		watch(fmt.Sprint("who stays at server ", i), admin, func() *harness.Server { return s }, false)
		watch(fmt.Sprint("hopper ", i), admin, p.any, true)
		watch(fmt.Sprint("eve ", i), eve, p.any, i > 0)
	}
	ctx, stop := context.WithCancel(t.Context())
	var watching, writing, open sync.WaitGroup
	defer watching.Wait()
	defer stop()
	for _, w := range watchers {
		open.Add(1)
		watching.Go(func() { w.run(ctx, sync.OnceFunc(open.Done)) })
	}
	open.Wait()
	var done atomic.Int64
	for i := range 3 {
		writing.Go(func() { writer(t, p, i, &done) })
	}
	disturb(func(share int) {
		harness.Eventually(t, time.Minute, fmt.Sprint(share, " % is written"), func() (bool, string) {
			return done.Load()*100 >= int64(share*3*feedWrites) || t.Failed(), fmt.Sprint(done.Load())
		})
	})
	writing.Wait()
	for _, w := range watchers {
		harness.Eventually(t, 20*time.Second, w.name+" has the whole picture", func() (bool, string) {
			seen := w.differs(rowsOf(t, p[0], feedQuery))
			return seen == "", seen
		})
		if w.who == admin && w.resets > 0 {
			t.Errorf("%s was told %d times to read anew", w.name, w.resets)
		}
	}
}
