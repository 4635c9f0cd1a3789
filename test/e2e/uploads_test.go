package e2e

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"testing"
	"time"

	"dewpoint/test/harness"
)

// uploadCuts is how often the server is killed in the middle of one upload.
const uploadCuts = 20

// cutUpload sends content in requests that the server is killed under, and goes on each time where the server says that it is.
type cutUpload struct {
	t       *testing.T
	s       *harness.Server
	content []byte
	method  string
	// where asks the server for its offset.
	where func() int
	// request names the URL and the headers of a request that sends bytes from offset on.
	request func(offset int) (url string, headers map[string]string)
}

// killer is a body that kills the server once so many bytes of it were taken.
type killer struct {
	io.Reader
	after int
	kill  func()
}

func (k *killer) Read(p []byte) (int, error) {
	if k.after <= 0 {
		k.kill()
		return 0, io.ErrUnexpectedEOF
	}
	n, err := k.Reader.Read(p[:min(len(p), k.after)])
	k.after -= n
	return n, err
}

// run takes turns: a chunk that is acknowledged and must count, and one that is cut short and may count in part.
func (u *cutUpload) run() {
	u.t.Helper()
	const chunk = 200_000
	for range uploadCuts {
		from := u.where()
		u.sendAll(from, chunk)
		if now := u.where(); now != from+chunk {
			u.t.Fatalf("the chunk at %d was acknowledged, and the server is at %d", from, now)
		}
		from += chunk
		after := 1 + rand.IntN(chunk-1)
		body := &killer{bytes.NewReader(u.content[from : from+chunk]), after, u.s.Kill}
		if res, err := u.send(from, chunk, body); err == nil {
			u.t.Fatalf("a request that was cut got the answer %s", res.Status)
		}
		u.s.Run()
		if now := u.where(); now < from || now > from+after {
			u.t.Fatalf("%d bytes were acknowledged, %d more were sent, and the server is at %d", from, after, now)
		}
	}
	from := u.where()
	u.sendAll(from, len(u.content)-from)
}

func (u *cutUpload) sendAll(from, size int) {
	u.t.Helper()
	res, err := u.send(from, size, bytes.NewReader(u.content[from:from+size]))
	if err != nil || res.StatusCode >= 300 {
		u.t.Fatalf("%d bytes at %d: %v, %v", size, from, res, err)
	}
}

func (u *cutUpload) send(from, size int, body io.Reader) (*http.Response, error) {
	url, headers := u.request(from)
	req, err := http.NewRequest(u.method, url, io.NopCloser(body))
	if err != nil {
		u.t.Fatal(err)
	}
	req.ContentLength = int64(size)
	for name, value := range headers {
		req.Header.Set(name, value)
	}
	res, err := u.s.HTTP.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, res.Body)
	return res, err
}

func noise(size int, seed byte) (content []byte, sum string) {
	content = make([]byte, size)
	rand.NewChaCha8([32]byte{seed}).Read(content)
	digest := sha256.Sum256(content)
	return content, hex.EncodeToString(digest[:])
}

// checkContent holds what the server gives back, and the sum that it computed itself, against what was sent.
func checkContent(t *testing.T, s *harness.Server, key, sum string) {
	t.Helper()
	c := s.Table()
	digest := sha256.Sum256(c.Must(200, "GET", "files/"+key+"?download=1", nil).Body)
	if got := hex.EncodeToString(digest[:]); got != sum {
		t.Errorf("the file has SHA-256 %s, sent was %s", got, sum)
	}
	isos := s.Resource()
	harness.Eventually(t, 20*time.Second, "the server's own SHA-256", func() (bool, string) {
		list, _ := isos.Must(200, "GET", "virtualization/isos", nil).Data()["isos"].([]any)
		return len(list) == 1 && list[0].(map[string]any)["sha256_hash"] == sum, fmt.Sprint(list)
	})
}

func TestChunksOverKills(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	c := s.Table()
	content, sum := noise(9<<20, 7)
	key := c.Create("files", map[string]any{"name": "chunks.iso", "allocated_bytes": strconv.Itoa(len(content))})
	u := cutUpload{
		t: t, s: s, content: content, method: "PUT",
		where: func() int {
			row := c.Must(200, "GET", "files/"+key+"?fields=filesize", nil).Object()
			n, ok := row["filesize"].(float64)
			if !ok {
				t.Fatal(row)
			}
			return int(n)
		},
		request: func(offset int) (string, map[string]string) {
			return fmt.Sprintf("%sfiles/%s?filepos=%d", c.Base, key, offset),
				map[string]string{"Authorization": c.Authorization, "Content-Type": "application/octet-stream"}
		},
	}
	u.run()
	checkContent(t, s, key, sum)
}

// beginTUS begins an upload and returns its address.
func beginTUS(t *testing.T, c *harness.Client, name string, size int) (location string) {
	t.Helper()
	res := tus(t, c, "POST", c.Base+"virtualization/isos/upload", nil, map[string]string{
		"Upload-Length": strconv.Itoa(size), "Upload-Metadata": "filename " + base64.StdEncoding.EncodeToString([]byte(name)),
	})
	if res.StatusCode != http.StatusCreated {
		t.Fatalf("beginning an upload: %s", res.Status)
	}
	return res.Header.Get("Location")
}

// wholeTUS uploads content whole, and leaves it to be completed.
func wholeTUS(t *testing.T, c *harness.Client, name string, content []byte) (location string) {
	t.Helper()
	location = beginTUS(t, c, name, len(content))
	res := tus(t, c, "PATCH", location, content, map[string]string{"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"})
	if res.StatusCode != http.StatusNoContent {
		t.Fatalf("the bytes: %s", res.Status)
	}
	return location
}

func TestTUSOverKills(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	c := s.Resource()
	content, sum := noise(9<<20, 8)
	location := beginTUS(t, c, "tus.iso", len(content))
	u := cutUpload{
		t: t, s: s, content: content, method: "PATCH",
		where: func() int {
			res := tus(t, c, "HEAD", location, nil, nil)
			n, err := strconv.Atoi(res.Header.Get("Upload-Offset"))
			if err != nil {
				t.Fatal(res.Status, err)
			}
			return n
		},
		request: func(offset int) (string, map[string]string) {
			return location, map[string]string{
				"Authorization": c.Authorization, "Tus-Resumable": "1.0.0", "Upload-Offset": strconv.Itoa(offset),
				"Content-Type": "application/offset+octet-stream",
			}
		},
	}
	u.run()
	res := tus(t, c, "POST", location+"/complete", nil, nil)
	if res.StatusCode != 200 {
		t.Fatalf("completing the upload: %s", res.Status)
	}
	rows := s.Table().Must(200, "GET", "files?fields=$key", nil).Rows()
	if len(rows) != 1 {
		t.Fatalf("the upload became %v", rows)
	}
	checkContent(t, s, fmt.Sprint(rows[0]["$key"]), sum)
}
