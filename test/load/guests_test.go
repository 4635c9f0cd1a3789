package load

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"dewpoint/test/harness"
)

// TestFirstByte measures from the POST of a VM to the first byte on its serial line, against virsh define and start of the same XML; and ten VMs that are asked for at
// once, against virsh one after the other.
func TestFirstByte(t *testing.T) {
	needsFlag(t)
	const rounds, together = 5, 10
	s := harness.Start(t)
	b := boots{t: t, s: s, image: uploadGuest(t, s.Table())}
	var ours, bare []time.Duration
	var xml, domain string
	for i := range rounds {
		took, key, of := b.boot(fmt.Sprint("one-", i))
		ours = append(ours, took)
		xml, domain = harness.Virsh(t, "dumpxml", "--inactive", of), of
		b.remove(key, of)
		bare = append(bare, b.bare(xml, domain))
	}
	ratio := float64(median(ours)) / float64(median(bare))
	fmt.Printf("| create → first byte of the guest, ours / bare (medians of %d) | %d ms / %d ms | | |\n", rounds, median(ours).Milliseconds(), median(bare).Milliseconds())
	figure(t, "create → first byte of the guest ÷ bare virsh define + start", math.Round(ratio*100)/100, "×", ratio <= 1.1, "≤ 1.1 ×")

	began := time.Now()
	var work sync.WaitGroup
	var keys, domains [together]string
	for i := range together {
		work.Go(func() { _, keys[i], domains[i] = b.boot(fmt.Sprint("ten-", i)) })
	}
	work.Wait()
	all := time.Since(began)
	for i := range together {
		b.remove(keys[i], domains[i])
	}
	began = time.Now()
	for range together {
		b.bare(xml, domain)
	}
	each := time.Since(began)
	ratio = float64(each) / float64(all)
	fmt.Printf("| %d VMs at once to their first bytes, ours / virsh one after the other | %d ms / %d ms | | |\n", together, all.Milliseconds(), each.Milliseconds())
	figure(t, "ten VMs at once, virsh one after the other ÷ ours", math.Round(ratio*100)/100, "×", ratio >= 1.5, "≥ 1.5 ×")
}

// boots boots guests from an image.
type boots struct {
	t     *testing.T
	s     *harness.Server
	image string
}

// boot makes a VM with the image, starts it, and returns how long that took to the first byte on its serial line.
func (b boots) boot(name string) (took time.Duration, key, domain string) {
	c := b.s.Table()
	began := time.Now()
	made := c.Must(201, "POST", "vms", map[string]any{"name": name, "ram": 256}).Object()
	machine := made["response"].(map[string]any)["machine"].(string)
	c.Create("machine_drives", map[string]any{"machine": machine, "media": "cdrom", "interface": "ahci", "media_source": b.image})
	c.Must(201, "POST", "vm_actions", map[string]any{"vm": made["$key"], "action": "poweron"})
	b.awaitByte(filepath.Join(b.s.Data, "machines", machine+"-*", "serial.log"))
	return time.Since(began), made["$key"].(string), "dp-" + b.s.Instance() + "-" + machine
}

// awaitByte waits until a file that fits has a byte.
func (b boots) awaitByte(pattern string) {
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		for _, file := range glob(b.t, pattern) {
			if info, err := os.Stat(file); err == nil && info.Size() > 0 {
				return
			}
		}
	}
	b.t.Fatalf("no byte came to %s", pattern)
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	found, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// remove deletes a VM and waits until its domain and folder are gone.
func (b boots) remove(key, domain string) {
	c := b.s.Table()
	c.Must(201, "POST", "vm_actions", map[string]any{"vm": key, "action": "kill"})
	harness.Eventually(b.t, time.Minute, domain+" is gone", func() (bool, string) {
		r, err := c.Do("DELETE", "vms/"+key, nil)
		if err != nil || r.Status != 200 && r.Status != 404 {
			return false, fmt.Sprint(r, err)
		}
		_, err = os.Stat("/etc/libvirt/qemu/" + domain + ".xml")
		return os.IsNotExist(err), fmt.Sprint(err)
	})
}

var serialLog = regexp.MustCompile(`<log file='([^']+)'`)

// bare does the same with virsh, of a domain that isn't defined, in a folder of its own.
func (b boots) bare(xml, domain string) time.Duration {
	dir, err := os.MkdirTemp("", "dewpoint-bare-") // not t.TempDir: QEMU must be able to reach into it
	if err != nil {
		b.t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	for _, at := range []string{dir, filepath.Join(dir, "run")} {
		if err := errors.Join(os.MkdirAll(at, 0o777), os.Chmod(at, 0o777)); err != nil {
			b.t.Fatal(err)
		}
	}
	xml = strings.ReplaceAll(xml, filepath.Dir(serialLog.FindStringSubmatch(xml)[1]), dir)
	file := filepath.Join(dir, "bare.xml")
	if err := os.WriteFile(file, []byte(xml), 0o600); err != nil {
		b.t.Fatal(err)
	}
	began := time.Now()
	harness.Virsh(b.t, "define", file)
	harness.Virsh(b.t, "start", domain)
	b.awaitByte(serialLog.FindStringSubmatch(xml)[1])
	took := time.Since(began)
	harness.Virsh(b.t, "destroy", domain)
	harness.Virsh(b.t, "undefine", domain, "--nvram")
	return took
}

// uploadGuest uploads the test guest and returns the key of its file.
func uploadGuest(t *testing.T, c *harness.Client) string {
	t.Helper()
	content, err := os.ReadFile(harness.GuestISO(t))
	if err != nil {
		t.Fatal(err)
	}
	return upload(c, "guest.iso", content)
}

func upload(c *harness.Client, name string, content []byte) string {
	c.T.Helper()
	key := c.Create("files", map[string]any{"name": name, "allocated_bytes": strconv.Itoa(len(content))})
	const piece = 4 << 20
	for at := 0; at < len(content); at += piece {
		c.Must(200, "PUT", fmt.Sprintf("files/%s?filepos=%d", key, at), content[at:min(at+piece, len(content))])
	}
	return key
}
