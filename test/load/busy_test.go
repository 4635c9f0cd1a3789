package load

import (
	"crypto/rand"
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"dewpoint/test/harness"
)

// TestListsWhileBusy measures lists at a steady rate, with and without clones, imports and power cycles under way, in turns.
func TestListsWhileBusy(t *testing.T) {
	needsFlag(t)
	const rounds = 3
	s := harness.Start(t)
	buildCloud(t, s, sharedVMs)
	settle(t, s)
	w := newLongWork(t, s)
	var idle, busy []time.Duration
	done := map[string]int{}
	for range rounds {
		idle = append(idle, steadily(t, s, lists()))
		stop := w.begin()
		busy = append(busy, steadily(t, s, lists()))
		for what, n := range stop() {
			done[what] += n
		}
	}
	for _, what := range []string{"clones", "imports", "power cycles"} {
		if done[what] == 0 {
			t.Errorf("no %s were made meanwhile", what)
		}
	}
	fmt.Printf("| 99th percentile of lists at %d/s, idle / while %d clones, %d imports and %d power cycles ran | %.1f ms / %.1f ms | | |\n",
		steadyRate, done["clones"], done["imports"], done["power cycles"], milliseconds(median(idle)), milliseconds(median(busy)))
	ratio := float64(median(busy)) / float64(median(idle))
	figure(t, "99th percentile of lists, busy ÷ idle", math.Round(ratio*100)/100, "×", ratio <= 2, "≤ 2 ×")
}

// steadyRate is how many lists are asked for in a second: that leaves the machine time for other things.
const steadyRate = 50

// steadily asks for the paths in turn at that rate, and returns the 99th percentile of how long an answer took.
func steadily(t *testing.T, s *harness.Server, paths []string) time.Duration {
	t.Helper()
	const count = 500
	var mu sync.Mutex
	var took []time.Duration
	var work sync.WaitGroup
	tick := time.NewTicker(time.Second / steadyRate)
	defer tick.Stop()
	for i := range count {
		<-tick.C
		began := time.Now()
		work.Go(func() {
			if err := fetch(s, paths[i%len(paths)]); err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			took = append(took, time.Since(began))
		})
	}
	work.Wait()
	slices.Sort(took)
	return took[count*99/100]
}

func fetch(s *harness.Server, path string) error {
	req, err := http.NewRequest("GET", s.URL+path, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", s.Table().Authorization)
	res, err := s.HTTP.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil || res.StatusCode != 200 {
		return fmt.Errorf("%s: %d, %v", path, res.StatusCode, err)
	}
	return nil
}

// longWork is what runs beside: each kind again and again, one at a time.
type longWork struct {
	t             *testing.T
	s             *harness.Server
	source        string // a VM with a disk, which is cloned
	machine       string // of a VM whose disks are imported
	image         string
	cycled        string // a VM that is switched on and off
	cycledMachine string
}

func newLongWork(t *testing.T, s *harness.Server) *longWork {
	t.Helper()
	c := s.Table()
	w := &longWork{t: t, s: s}
	newVM := func(name string) (key, machine string) {
		made := c.Must(201, "POST", "vms", map[string]any{"name": name, "ram": 256}).Object()
		return made["$key"].(string), made["response"].(map[string]any)["machine"].(string)
	}
	var machine string
	w.source, machine = newVM("cloned")
	c.Create("machine_drives", map[string]any{"machine": machine, "disksize": int64(20) << 30})
	_, w.machine = newVM("imported into")
	w.cycled, w.cycledMachine = newVM("cycled")
	content := [64 << 20]byte{}
	rand.Read(content[:])
	w.image = upload(c, "image.raw", content[:])
	return w
}

// begin starts the work. The function that it returns ends it, and tells how much was done.
func (w *longWork) begin() (stop func() map[string]int) {
	ended := make(chan struct{})
	var mu sync.Mutex
	done := map[string]int{}
	var work sync.WaitGroup
	for what, once := range map[string]func(n int){"clones": w.clone, "imports": w.importOne, "power cycles": w.cycle} {
		work.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-ended:
					return
				default:
				}
				once(n)
				mu.Lock()
				done[what]++
				mu.Unlock()
			}
		})
	}
	return func() map[string]int {
		close(ended)
		work.Wait()
		return done
	}
}

func (w *longWork) clone(int) {
	c := w.s.Table()
	c.Must(201, "POST", "vm_actions", map[string]any{"vm": w.source, "action": "clone", "params": map[string]any{"name": fmt.Sprint("clone-", time.Now().UnixNano())}})
	harness.Eventually(w.t, time.Minute, "the clone is made", func() (bool, string) {
		r := c.Must(200, "GET", "operations?fields=kind,status&filter=kind%20eq%20'vm_clone'%20and%20status%20in%20(queued,running,undoing)", nil)
		return len(r.Rows()) == 0, string(r.Body)
	})
}

func (w *longWork) importOne(int) {
	c := w.s.Table()
	key := c.Create("machine_drives", map[string]any{"machine": w.machine, "media": "import", "media_source": w.image})
	harness.Eventually(w.t, time.Minute, "the image is imported", func() (bool, string) {
		r := c.Must(200, "GET", "machine_drives/"+key+"?fields=media,status%23status%20as%20status,status%23progress_pct%20as%20progress", nil)
		return r.Object()["progress"] == 100.0, string(r.Body)
	})
	c.Must(200, "DELETE", "machine_drives/"+key, nil)
}

func (w *longWork) cycle(int) {
	c := w.s.Table()
	for _, running := range []bool{true, false} {
		c.Must(201, "POST", "vm_actions", map[string]any{"vm": w.cycled, "action": map[bool]string{true: "poweron", false: "kill"}[running]})
		harness.Eventually(w.t, time.Minute, "the VM follows", func() (bool, string) {
			r := c.Must(200, "GET", "machine_status?fields=running&filter=machine%20eq%20"+w.cycledMachine, nil)
			rows := r.Rows()
			return len(rows) == 1 && rows[0]["running"] == running, string(r.Body)
		})
	}
}
