package soak

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"dewpoint/test/harness"
)

// kind is one kind of thing that a client makes, changes and deletes in one dialect.
type kind struct {
	name string // the names of its things begin with it
	most int    // as many at once
	// create, change and remove ask for it. A change is to a value that isn't yet known to be taken.
	create func(name, value string) *harness.Reply
	change func(th *thing, value string) *harness.Reply // nil: nothing of it changes
	remove func(th *thing) *harness.Reply
	// id reads what create answered.
	id func(r *harness.Reply) string
	// value draws what the next create or change asks for; th is nil for a create.
	value func(rng *rand.Rand, th *thing) string
	// settled tells whether the value that is there after a crash can be what became of a change that wasn't answered; nil when only the
	// old and the new one can.
	settled func(before, asked, now string) bool
	// inSteps says that its removal takes several calls: one that was cut off between them is ended after a crash.
	inSteps bool
	// touch does something else with it, such as turning it on; nil for nothing. It returns false when the server is gone.
	touch func(rng *rand.Rand, th *thing) bool
	list  func(c *harness.Client) []thing
	// verify looks closer at what is there after a restart; nil for nothing.
	verify func(th thing)
}

// thing is what a client has been told, and what it can't know because the server died before the answer.
type thing struct {
	id, name, value string
	asked           *string // a change that wasn't answered
	creating        bool    // a create that wasn't
	deleting        bool    // a delete that wasn't
}

// ledger is one client's knowledge of the things of its kinds. Only one goroutine uses it at a time.
type ledger struct {
	t        testing.TB
	c        *harness.Client
	rng      *rand.Rand
	kinds    []*kind
	things   map[*kind]map[string]*thing // by name
	next     int
	answered int
	full     bool // the disk is: what needs space may be refused
	refusals int
}

func newLedger(c *harness.Client, rng *rand.Rand) *ledger {
	return &ledger{t: c.T, c: c, rng: rng, things: map[*kind]map[string]*thing{}}
}

func (l *ledger) add(kinds ...*kind) {
	for _, k := range kinds {
		l.kinds = append(l.kinds, k)
		l.things[k] = map[string]*thing{}
	}
}

// call returns nil when the server is gone. No answer may be an error of the server.
func (l *ledger) call(method, path string, body any, headers map[string]string) *harness.Reply {
	r, err := l.c.DoWith(method, path, body, headers)
	if err != nil {
		return nil
	}
	l.answered++
	if r.Status >= 500 && !l.refused(r) {
		l.t.Errorf("%s %s: status %d: %s", method, path, r.Status, r.Body)
	}
	return r
}

// refused tells whether a call was refused for want of space, with a reason.
func (l *ledger) refused(r *harness.Reply) bool {
	no := l.full && (r.Status == 507 || r.Status == 503) && strings.Contains(string(r.Body), " ")
	if no {
		l.refusals++
	}
	return no
}

// step makes one random call; false when the server is gone.
func (l *ledger) step() bool {
	k := l.kinds[l.rng.IntN(len(l.kinds))]
	th := l.pick(k)
	n := l.rng.IntN(10)
	switch {
	case th == nil || n < 3 && len(l.things[k]) < k.most:
		return l.create(k)
	case n < 6 && k.change != nil:
		return l.change(k, th)
	case n < 9 && k.touch != nil:
		return k.touch(l.rng, th)
	}
	return l.remove(k, th)
}

func (l *ledger) pick(k *kind) *thing {
	names := slices.Sorted(maps.Keys(l.things[k]))
	if len(names) == 0 {
		return nil
	}
	return l.things[k][names[l.rng.IntN(len(names))]]
}

func (l *ledger) create(k *kind) bool {
	l.next++
	th := &thing{name: fmt.Sprintf("%s-%d", k.name, l.next), value: k.value(l.rng, nil), creating: true}
	l.things[k][th.name] = th
	r := k.create(th.name, th.value)
	if r == nil {
		return false
	}
	if r.Status >= 300 {
		if !l.refused(r) {
			l.t.Errorf("creating %s: status %d: %s", th.name, r.Status, r.Body)
		}
		delete(l.things[k], th.name)
		return true
	}
	th.id, th.creating = k.id(r), false
	return true
}

func (l *ledger) change(k *kind, th *thing) bool {
	value := k.value(l.rng, th)
	th.asked = &value
	r := k.change(th, value)
	if r == nil {
		return false
	}
	switch {
	case r.Status < 300:
		th.asked, th.value = nil, value
	case l.refused(r) && k.settled != nil: // some of it may have been kept
	case l.refused(r):
		th.asked = nil
	default:
		l.t.Errorf("changing %s from %s to %s: status %d: %s", th.name, th.value, value, r.Status, r.Body)
	}
	return true
}

func (l *ledger) remove(k *kind, th *thing) bool {
	th.deleting = true
	r := k.remove(th)
	switch {
	case r == nil:
		return false
	case r.Status < 300:
		delete(l.things[k], th.name)
	case r.Status == 409, l.refused(r): // something uses it, or there is no space to note that it goes
		th.deleting = false
	default:
		l.t.Errorf("deleting %s: status %d: %s", th.name, r.Status, r.Body)
	}
	return true
}

// check holds what is there after a restart against what was told, and takes what was unsure as it is now.
func (l *ledger) check() {
	l.t.Helper()
	for _, k := range l.kinds {
		there := map[string]bool{}
		for _, now := range k.list(l.c) {
			if !strings.HasPrefix(now.name, k.name+"-") {
				continue
			}
			if there[now.name] {
				l.t.Errorf("%s is there twice", now.name)
			}
			there[now.name] = true
			l.settle(k, now)
		}
		for name, th := range l.things[k] {
			if !there[name] {
				l.missing(k, th)
			}
		}
	}
}

// missing takes a thing that isn't listed any more for gone. A removal that was cut off between its calls goes on: what is left of the thing
// may be in no list.
func (l *ledger) missing(k *kind, th *thing) {
	l.t.Helper()
	if !th.creating && !th.deleting {
		l.t.Errorf("%s was acknowledged and is gone", th.name)
	}
	if k.inSteps && th.deleting && th.id != "" {
		if r := k.remove(th); r == nil || r.Status >= 300 && r.Status != 404 {
			l.t.Errorf("deleting the rest of %s: %v", th.name, r)
		}
	}
	delete(l.things[k], th.name)
}

func (l *ledger) settle(k *kind, now thing) {
	l.t.Helper()
	th := l.things[k][now.name]
	if th == nil {
		l.t.Errorf("%+v is there although its deletion was acknowledged, or it never was asked for", now)
		th = &now
	}
	if k.inSteps && th.deleting {
		l.remove(k, th)
		return
	}
	ok := now.value == th.value
	if asked := th.asked; asked != nil && !ok {
		ok = now.value == *asked || k.settled != nil && k.settled(th.value, *asked, now.value)
	}
	if !ok {
		l.t.Errorf("%s is %q; %q was acknowledged", now.name, now.value, th.value)
	}
	if k.verify != nil {
		k.verify(now)
	}
	l.things[k][now.name] = &now
}

// end deletes everything, those first that use others.
func (l *ledger) end() {
	l.t.Helper()
	for _, k := range l.kinds {
		for _, th := range l.things[k] {
			if r := k.remove(th); r == nil || r.Status >= 300 {
				l.t.Errorf("deleting %s in the end: %v", th.name, r)
			}
		}
	}
}
