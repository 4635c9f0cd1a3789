// Package e2e proves from outside what the whole program does: guests boot, get addresses, keep their disks, survive the manager, and
// leave nothing behind.
package e2e

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"dewpoint/test/harness"
)

// bootLimit is generous: two guests boot at once by software emulation on a busy machine.
const bootLimit = 4 * time.Minute

// console reads what a machine's guest wrote to its serial line.
type console struct {
	t    *testing.T
	file string // a pattern that one file meets
	from int    // lines before this offset belong to earlier boots
}

func openConsole(t *testing.T, s *harness.Server, machine string) *console {
	return &console{t: t, file: filepath.Join(s.Data, "machines", machine+"-*", "serial.log")}
}

// path is the file, "" while there is none.
func (c *console) path() string {
	if found, err := filepath.Glob(c.file); err == nil && len(found) == 1 {
		return found[0]
	}
	return ""
}

func (c *console) text() string {
	b, err := os.ReadFile(c.path())
	if err != nil || len(b) < c.from {
		return ""
	}
	return string(b[c.from:])
}

// forget makes the next waits look only at what comes from now on.
func (c *console) forget() {
	if info, err := os.Stat(c.path()); err == nil {
		c.from = int(info.Size())
	}
}

// wait returns the parts of the first match of a pattern in the lines of this boot.
func (c *console) wait(pattern string) []string {
	c.t.Helper()
	re := regexp.MustCompile(pattern)
	var found []string
	harness.Eventually(c.t, bootLimit, "the guest's line "+pattern, func() (bool, string) {
		text := c.text()
		found = re.FindStringSubmatch(text)
		return found != nil, tail(text)
	})
	return found
}

func tail(text string) string {
	if len(text) > 600 {
		text = "…" + text[len(text)-600:]
	}
	return text
}

// uploadByChunks sends a file through the table API in chunks, in a random order.
func uploadByChunks(t *testing.T, c *harness.Client, path string) (key string) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	key = c.Create("files", map[string]any{"name": filepath.Base(path), "allocated_bytes": strconv.Itoa(len(content))})
	const chunk = 1 << 20
	var offsets []int
	for at := 0; at < len(content); at += chunk {
		offsets = append(offsets, at)
	}
	for i := len(offsets) - 1; i > 0; i-- {
		j, err := rand.Int(rand.Reader, big.NewInt(int64(i+1)))
		if err != nil {
			t.Fatal(err)
		}
		offsets[i], offsets[j.Int64()] = offsets[j.Int64()], offsets[i]
	}
	for _, at := range offsets {
		c.Must(200, "PUT", fmt.Sprintf("files/%s?filepos=%d", key, at), content[at:min(at+chunk, len(content))])
	}
	return key
}

// uploadByTUS sends a file through the resource API and returns the ISO's id.
func uploadByTUS(t *testing.T, c *harness.Client, path string) (id string) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	encode := base64.StdEncoding.EncodeToString
	res := tus(t, c, "POST", c.Base+"virtualmachines/isos/upload", nil, map[string]string{
		"Upload-Length":   strconv.Itoa(len(content)),
		"Upload-Metadata": "filename " + encode([]byte(filepath.Base(path))) + ",filetype " + encode([]byte("application/x-iso9660-image")),
	})
	location := res.Header.Get("Location")
	if res.StatusCode != 201 || location == "" {
		t.Fatalf("creating an upload: %s, location %q", res.Status, location)
	}
	const chunk = 10 << 20
	for at := 0; at < len(content); at += chunk {
		res := tus(t, c, "PATCH", location, content[at:min(at+chunk, len(content))], map[string]string{
			"Upload-Offset": strconv.Itoa(at), "Content-Type": "application/offset+octet-stream",
		})
		if res.StatusCode != 204 {
			t.Fatalf("PATCH at %d: %s", at, res.Status)
		}
	}
	upload := location[strings.LastIndex(location, "/")+1:]
	iso, _ := c.Must(200, "POST", "virtualmachines/isos/upload/"+upload+"/complete", nil).Data()["iso"].(map[string]any)
	id, _ = iso["id"].(string)
	if id == "" {
		t.Fatalf("the completed upload has no ISO id: %v", iso)
	}
	return id
}

func tus(t *testing.T, c *harness.Client, method, url string, body []byte, headers map[string]string) *http.Response {
	t.Helper()
	req, err := http.NewRequest(method, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Tus-Resumable", "1.0.0")
	req.Header.Set("Authorization", c.Authorization)
	for k, v := range headers {
		req.Header.Set(k, v)
	}
	res, err := c.HTTP.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		t.Fatal(err)
	}
	return res
}

// checkBoot holds what the guest said of its boot against what the API says, and returns the address.
func checkBoot(t *testing.T, c *console, network, apiAddress string) string {
	t.Helper()
	c.wait(`GUEST READY`)
	line := c.wait(`GUEST IP \S+ (\d+\.\d+\.\d+\.\d+)/\d+ gw=(\S+) dns=(\S+)`)
	address, gateway := line[1], line[2]
	if address != apiAddress {
		t.Errorf("the guest has %s, the API shows %s", address, apiAddress)
	}
	if !strings.HasPrefix(address, network) || !strings.HasPrefix(gateway, network) {
		t.Errorf("address %s and gateway %s are not in %s", address, gateway, network)
	}
	c.wait(`GUEST PING gateway ok`)
	if dns := c.wait(`GUEST DNS (\S+) (\S+)`); dns[2] != gateway {
		t.Errorf("the network's DNS says %s is %s, want %s", dns[1], dns[2], gateway)
	}
	return address
}

// fetchPage fetches the guest's page from inside the network's router namespace.
func fetchPage(t *testing.T, namespace, address string) string {
	t.Helper()
	return harness.Output(t, "ip", "netns", "exec", namespace, "curl", "-sS", "--max-time", "20", "http://"+address+"/")
}
