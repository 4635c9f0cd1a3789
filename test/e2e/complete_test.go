package e2e

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"dewpoint/test/harness"
)

// movedInto returns what waits until a file is moved into a folder.
func movedInto(t *testing.T, dir string) (wait func()) {
	t.Helper()
	watch, err := unix.InotifyInit1(unix.IN_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(watch) })
	if _, err := unix.InotifyAddWatch(watch, dir, unix.IN_MOVED_TO); err != nil {
		t.Fatal(err)
	}
	return func() {
		if _, err := unix.Read(watch, make([]byte, unix.SizeofInotifyEvent+unix.NAME_MAX+1)); err != nil {
			t.Error(err)
		}
	}
}

// killInComplete asks for an upload to be completed and kills the server when moment returns.
func killInComplete(s *harness.Server, c *harness.Client, location string, moment func()) {
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		req, err := http.NewRequest("POST", location+"/complete", nil)
		if err != nil {
			c.T.Error(err)
			return
		}
		req.Header.Set("Authorization", c.Authorization)
		if res, err := c.HTTP.Do(req); err == nil { // it may be quicker than the kill
			res.Body.Close()
		}
	}()
	moment()
	s.Kill()
	<-gone
}

// TestCompleteOverKills kills the server while it makes uploads ISOs: before its answer, when the bytes have just been moved, and when their end
// has just been noted. Afterwards all bytes are told to be there, and completing once more gives the one ISO.
func TestCompleteOverKills(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	c := s.Resource()
	soon := func() { <-time.After(time.Duration(rand.Int64N(int64(20 * time.Millisecond)))) }
	for i := range 12 {
		content, _ := noise(300_000, byte(i))
		name := fmt.Sprintf("killed-%d.iso", i)
		location := wholeTUS(t, c, name, content)
		moment := soon
		switch i % 3 {
		case 0:
			moment = movedInto(t, filepath.Join(s.Data, "files"))
		case 1:
			moment = movedInto(t, filepath.Join(s.Data, "uploads"))
		}
		killInComplete(s, c, location, moment)
		s.Run()
		head := tus(t, c, "HEAD", location, nil, nil)
		if got := head.Header.Get("Upload-Offset"); head.StatusCode != 200 || got != strconv.Itoa(len(content)) {
			t.Fatalf("HEAD after the kill: %s, offset %q", head.Status, got)
		}
		for range 2 {
			if res := tus(t, c, "POST", location+"/complete", nil, nil); res.StatusCode != 200 {
				t.Fatalf("completing once more: %s", res.Status)
			}
		}
		isISO(t, s, path.Base(location), name, content)
	}
	if rows := s.Table().Must(200, "GET", "files?fields=$key", nil).Rows(); len(rows) != 12 {
		t.Errorf("12 uploads became %d files", len(rows))
	}
}

// isISO fails the test unless an upload has become an ISO of that name, and one only.
func isISO(t *testing.T, s *harness.Server, id, name string, content []byte) {
	t.Helper()
	if rows := s.Table().Must(200, "GET", "files?fields=$key&name="+name, nil).Rows(); len(rows) != 1 {
		t.Fatalf("the upload became %v", rows)
	}
	if got := s.Resource().Must(200, "GET", "virtualization/isos/"+id+"/download", nil).Body; !bytes.Equal(got, content) {
		t.Errorf("%s holds %d other bytes than were sent", name, len(got))
	}
}

// completeOnFullDisk completes an upload where there is no room for its row: it is refused and stays whole, and becomes an ISO once there is.
func completeOnFullDisk(t *testing.T, s *harness.Server, d *harness.Disk) {
	s.Stop() // the database's log begins anew: it has no room of its own
	s.Run()
	c := s.Resource()
	c.T = t
	content, _ := noise(300_000, 9)
	location := wholeTUS(t, c, "late.iso", content)
	d.Fill(0)
	r, err := c.Do("POST", "virtualization/isos/upload/"+path.Base(location)+"/complete", nil)
	if err != nil {
		t.Fatal(err)
	}
	refusedAsFull(t, "completing an upload", r.Status, string(r.Body))
	if rows := s.Table().Must(200, "GET", "files?fields=name", nil).Rows(); len(rows) > 0 {
		t.Errorf("the refused completion left %v", rows)
	}
	if got := tus(t, c, "HEAD", location, nil, nil).Header.Get("Upload-Offset"); got != strconv.Itoa(len(content)) {
		t.Errorf("offset %q on the full disk", got)
	}
	d.Free()
	if res := tus(t, c, "POST", location+"/complete", nil, nil); res.StatusCode != 200 {
		t.Fatalf("completing when there is room: %s", res.Status)
	}
	isISO(t, s, path.Base(location), "late.iso", content)
	for _, row := range s.Table().Must(200, "GET", "files?fields=$key", nil).Rows() {
		s.Table().Must(200, "DELETE", fmt.Sprintf("files/%v", row["$key"]), nil)
	}
	tus(t, c, "DELETE", location, nil, nil)
	waitNoBytes(t, s)
}
