package contract

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"dewpoint/test/harness"
)

// noiseISO writes a file of random bytes and returns its SHA-256 in hex.
func noiseISO(t *testing.T, name string, size int) (path, sum string) {
	t.Helper()
	content := make([]byte, size)
	rand.NewChaCha8([32]byte{1}).Read(content)
	path = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256(content)
	return path, hex.EncodeToString(digest[:])
}

// tusUpload runs tus-js-client and returns its output, and the id of the ISO that came of it.
func tusUpload(t *testing.T, endpoint, token, path string, chunk int) (log, id string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", "upload.mjs", endpoint, token, path, strconv.Itoa(chunk))
	cmd.Dir = clients(t)
	cmd.Env = append(os.Environ(), "NODE_TLS_REJECT_UNAUTHORIZED=0") // a certificate signed by itself
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("tus-js-client: %v\n%s%s", err, stdout.String(), stderr.String())
	}
	var reply struct {
		Status   string
		UploadID string `json:"upload_id"`
		Data     struct {
			UploadID string `json:"upload_id"`
			ISO      struct{ ID, Name string }
		}
	}
	if err := json.Unmarshal(stdout.Bytes(), &reply); err != nil {
		t.Fatalf("%v: %s", err, stdout.String())
	}
	if reply.Status != "success" || reply.UploadID == "" || reply.UploadID != reply.Data.UploadID || reply.Data.ISO.Name != filepath.Base(path) {
		t.Errorf("reply to complete: %s", stdout.String())
	}
	return stderr.String(), reply.Data.ISO.ID
}

// checkISO downloads an ISO and compares it with what was sent, and waits until the server has computed the same sum.
func checkISO(t *testing.T, c *harness.Client, id, sum string) {
	t.Helper()
	digest := sha256.Sum256(c.Must(200, "GET", "virtualization/isos/"+id+"/download", nil).Body)
	if got := hex.EncodeToString(digest[:]); got != sum {
		t.Errorf("the downloaded ISO has SHA-256 %s, sent was %s", got, sum)
	}
	harness.Eventually(t, 20*time.Second, "the server's own SHA-256", func() (bool, string) {
		got, _ := c.Must(200, "GET", "virtualization/isos/"+id, nil).Data()["sha256_hash"].(string)
		return got == sum, got
	})
}

func TestTusExample(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	c := s.Resource()
	token := strings.TrimPrefix(c.Authorization, "Bearer ")
	path, sum := noiseISO(t, "example.iso", 25<<20)
	for _, family := range []string{"virtualmachines", "virtualization"} {
		_, id := tusUpload(t, s.URL+"/api/v1/"+family+"/isos/upload", token, path, 10<<20)
		checkISO(t, c, id, sum)
		c.Must(200, "DELETE", "virtualization/isos/"+id, nil)
	}
}

// The connection is cut at random bytes, and the server killed in the middle: the client goes on where it was.
func TestTusOverCutsAndKills(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	c := s.Resource()
	path, sum := noiseISO(t, "cut.iso", 20<<20)
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	cutter := newCutter(t, u.Host)
	cutter.onCut = func(n int64) {
		if n == 3 || n == 6 {
			s.Kill()
			s.Run()
		}
	}
	u.Host = cutter.Addr().String()
	log, id := tusUpload(t, u.String()+"/api/v1/virtualmachines/isos/upload", strings.TrimPrefix(c.Authorization, "Bearer "), path, 4<<20)
	if n := cutter.cuts.Load(); n < 8 {
		t.Errorf("only %d cuts; the client's log:\n%s", n, log)
	}
	checkISO(t, c, id, sum)
}

// cutter forwards TCP connections and breaks the first ones after a random number of bytes.
type cutter struct {
	net.Listener
	target string
	cuts   atomic.Int64
	onCut  func(n int64)
}

const cutConnections = 8

func newCutter(t *testing.T, target string) *cutter {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cutter{Listener: l, target: target}
	done := make(chan struct{})
	go func() { defer close(done); c.serve() }()
	t.Cleanup(func() { l.Close(); <-done })
	return c
}

// serve takes one connection after the other: tus-js-client has one request under way at a time.
func (c *cutter) serve() {
	for {
		client, err := c.Accept()
		if err != nil {
			return
		}
		c.forward(client)
	}
}

func (c *cutter) forward(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", c.target)
	if err != nil {
		return
	}
	defer server.Close()
	back := make(chan struct{})
	go func() { defer close(back); io.Copy(client, server); client.Close() }()
	if c.cuts.Load() < cutConnections {
		n, _ := io.CopyN(server, client, 100_000+rand.Int64N(3<<20))
		if n > 64<<10 { // cut in the middle of a chunk, not between two requests
			cut := c.cuts.Add(1)
			client.Close()
			server.Close()
			<-back
			c.onCut(cut)
		}
		return
	}
	io.Copy(server, client)
	server.Close()
	<-back
}
