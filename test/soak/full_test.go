package soak

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"dewpoint/test/harness"
)

// Points of the campaign of full disks.
const (
	someFulls = 60
	allFulls  = 1000
)

// TestFullDisks takes the space of a data directory away, down to a random rest, before or while clients of both dialects write. What is
// refused is refused as full, what was acknowledged stays, and once there is space all goes on without a restart.
func TestFullDisks(t *testing.T) {
	t.Parallel()
	d := harness.MountDisk(t)
	s := harness.StartIn(t, d.Dir)
	number, instance := seed(t), s.Instance()
	rng := draws(number, 20)
	k := &killed{t: t, s: s, rng: rng, ledgers: fullClients(s, number)}
	clean := swept(s)
	for i := range rounds(t, someFulls, allFulls) {
		l := k.ledgers[i%len(k.ledgers)]
		l.onFullDisk(d, rng)
		l.check()
		if !l.step() {
			t.Error("the server is gone")
		}
		if t.Failed() {
			t.Fatalf("after %d full disks", i+1)
		}
	}
	refused := 0
	for _, l := range k.ledgers {
		refused += l.refusals
	}
	if t.Logf("%d calls were refused", refused); refused == 0 {
		t.Error("the campaign shows little")
	}
	drivesAreMade(s)
	s.Kill()
	s.Run()
	for _, l := range k.ledgers {
		l.check()
	}
	k.endAll(instance, clean)
}

// fullClients are those of the campaign of kills, but nobody turns guests on.
func fullClients(s *harness.Server, number uint64) []*ledger {
	table, resource, uploads := newLedger(s.Table(), draws(number, 21)), newLedger(s.Resource(), draws(number, 22)), newLedger(s.Resource(), draws(number, 23))
	table.tableKinds()
	table.kinds[0].touch = func(_ *rand.Rand, th *thing) bool { return table.addDrive(th) }
	computes := resource.computes()
	computes.touch = nil
	resource.add(computes, resource.networks(), resource.tokens())
	uploads.add(uploads.tusUploads())
	return []*ledger{table, resource, uploads}
}

func (l *ledger) addDrive(th *thing) bool {
	row := l.call("GET", "vms/"+th.id+"?fields=machine", nil, nil)
	return row != nil && l.call("POST", "machine_drives", map[string]any{"machine": row.Object()["machine"], "disksize": 1 << 20}, nil) != nil
}

// onFullDisk makes some calls on a full disk, the first of them while it gets full or already with too little space.
func (l *ledger) onFullDisk(d *harness.Disk, rng *rand.Rand) {
	leave := rng.Int64N(int64(oneOf(rng, 4<<10, 64<<10, 2<<20, 80<<20)))
	filled := make(chan struct{})
	fill := func() {
		d.Fill(leave)
		close(filled)
	}
	l.full = true
	if rng.IntN(2) == 0 {
		fill()
	} else {
		time.AfterFunc(time.Duration(rng.IntN(5000))*time.Microsecond, fill) // the random moment
	}
	for range 1 + rng.IntN(4) {
		if !l.step() {
			l.t.Error("the server is gone")
		}
	}
	<-filled
	if r := l.call("GET", l.anything(), nil, nil); r == nil || r.Status != 200 {
		l.t.Errorf("reading on a full disk: %v", r)
	}
	d.Free()
	l.full = false
}

// anything is a path that can always be read.
func (l *ledger) anything() string {
	if strings.HasSuffix(l.c.Base, "/v4/") {
		return "vms"
	}
	return "virtualization/computes"
}

// drivesAreMade waits until every drive is, also those for which there was no room.
func drivesAreMade(s *harness.Server) {
	c := s.Table()
	c.T.Helper()
	harness.Eventually(c.T, 2*time.Minute, "all drives are made", func() (bool, string) {
		rows := c.Must(200, "GET", "machine_drives?fields=$key,status%23status+as+word,status%23status_info+as+info&filter=status%23status+ne+'offline'", nil).Rows()
		return len(rows) == 0, fmt.Sprint(rows)
	})
}
