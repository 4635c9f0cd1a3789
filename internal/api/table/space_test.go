package table_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"dewpoint/test/rig"
	"dewpoint/test/tmpfs"
)

// smallDisk serves with files on a disk of 320 MiB. 256 MiB of it are the reserve, so 64 MiB are for files.
func smallDisk(t *testing.T) *server {
	t.Helper()
	return startOn(t, rig.Database(t, t.TempDir()), tmpfs.Mount(t, 320<<20))
}

func aFile(mib int) string {
	return fmt.Sprintf(`{"name":"a.iso","allocated_bytes":"%d"}`, mib<<20)
}

// A file that is larger than what is left is refused before a byte of it is sent, and leaves no row.
func TestFilesHaveToFit(t *testing.T) {
	t.Parallel()
	s := smallDisk(t)
	s.post("/api/v4/files", aFile(65)).failed(t, 507)
	same(t, "rows", "[]", s.get("/api/v4/files?fields=name").body)
	key := s.make("files", aFile(40))
	if text := s.post("/api/v4/files", aFile(25)).failed(t, 507); !strings.Contains(text, "other uploads have announced") {
		t.Errorf("beside an announced file: %s", text)
	}
	s.send("DELETE", "/api/v4/files/"+key, nil).must(t, 200)
	s.make("files", aFile(60))
}

// Of two files that are made at one moment and don't fit together, one is.
func TestParallelFilesHaveToFit(t *testing.T) {
	t.Parallel()
	s := smallDisk(t)
	for range 10 {
		var making sync.WaitGroup
		replies := make([]reply, 4)
		for i := range replies {
			making.Go(func() { replies[i] = s.post("/api/v4/files", aFile(40)) })
		}
		making.Wait()
		made := ""
		for _, r := range replies {
			if r.status == 201 && made == "" {
				made = r.object(t)["$key"].(string)
				continue
			}
			r.failed(t, 507)
		}
		s.send("DELETE", "/api/v4/files/"+made, nil).must(t, 200)
	}
}

// silence is a body that gives its bytes and then nothing more, until it is broken off.
type silence struct {
	io.Reader
	over chan struct{}
}

func (b silence) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if n == 0 {
		<-b.over
		return 0, io.ErrClosedPipe
	}
	return n, err
}

// Who loses a right, the account or the key is cut off in the middle of a chunk, and sends no other one.
func TestRevokedWhileSending(t *testing.T) {
	t.Parallel()
	const part = 1 << 20
	for what, c := range map[string]struct {
		revoke func(s *server, user, right, key string)
		status int
	}{
		"the right": {func(s *server, _, right, _ string) {
			s.put("/api/v4/permissions/"+right, `{"modify":false}`).must(t, 200)
		}, 403},
		"the account": {func(s *server, user, _, _ string) { s.put("/api/v4/users/"+user, `{"enabled":false}`).must(t, 200) }, 401},
		"the key":     {func(s *server, _, _, key string) { s.send("DELETE", "/api/v4/user_api_keys/"+key, nil).must(t, 200) }, 401},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s := startOn(t, rig.Database(t, dir), dir)
			user := s.make("users", `{"name":"ann","password":"anns password"}`)
			identity := s.get("/api/v4/users/"+user+"?fields=identity").must(t, 200).object(t)["identity"]
			right := s.make("permissions", fmt.Sprintf(`{"identity":%v,"table":"files","row":0,"list":true,"read":true,"modify":true}`, identity))
			made := s.post("/api/v4/user_api_keys", `{"name":"k","user":`+user+`}`).must(t, 201).object(t)
			ann := bearer(made["key"].(string))
			path := "/api/v4/files/" + s.make("files", aFile(2)) + "?filepos=0"
			body := silence{io.LimitReader(zeros{}, part), make(chan struct{})}
			cut := make(chan reply, 1)
			go func() { cut <- s.send("PUT", path, body, ann) }()
			arrives(t, filepath.Join(dir, "files", "*"), part)
			c.revoke(s, user, right, made["$key"].(string))
			(<-cut).failed(t, c.status)
			close(body.over)
			s.send("PUT", path, strings.NewReader("x"), ann).failed(t, c.status)
			same(t, "kept", fmt.Sprintf(`{"filesize":%d}`, part), s.get(strings.Replace(path, "filepos=0", "fields=filesize", 1)).body)
		})
	}
}

// arrives waits until the one file of a pattern has a size.
func arrives(t *testing.T, pattern string, size int64) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		if len(found) == 1 {
			if info, err := os.Stat(found[0]); err == nil && info.Size() == size {
				return
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d bytes don't arrive in %v", size, found)
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
