package table_test

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"dewpoint/test/rig"
)

// TestWideListsStayTheSame asks for all declared tables before and after others are laid on top of them: byte for byte the same.
func TestWideListsStayTheSame(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	before := startOn(t, rig.Database(t, dir), dir)
	keys := before.fill()
	before.make("users", `{"name":"ann","password":"anns password"}`)
	before.grantRow("2", "vms", "1")
	var requests []string
	for _, name := range before.eng.Schema().Names() {
		at := "/api/v4/" + name
		requests = append(requests, at, at+"?fields=all", at+"?fields=summary&sort=-$key&limit=2", at+"/$table", at+"/"+url.PathEscape(keys[name])+"?fields=all")
	}
	requests = append(requests, linesOfObjects("text rx '^created'"), linesOfObjects("object#name eq 'a'"))
	wide, err := rig.Wide(moreTables)
	if err != nil {
		t.Fatal(err)
	}
	after := startOn(t, rig.DatabaseOf(t, dir, wide), dir)
	for _, who := range []credential{admin, basic("ann", "anns password")} {
		for _, path := range requests {
			want, got := before.send(http.MethodGet, path, nil, who), after.send(http.MethodGet, path, nil, who)
			if want.status != got.status || want.status == http.StatusOK && want.body != got.body {
				t.Errorf("%s: %d %.300s\nwith more tables: %d %.300s", path, want.status, want.body, got.status, got.body)
			}
		}
	}
}

// mostMemory is what 255 more tables may take of a server that has nothing to do, in bytes.
const mostMemory = 10 << 20

// TestWideMemory compares the memory of two servers, each a process of its own, of which one has more tables.
func TestWideMemory(t *testing.T) {
	t.Parallel()
	if more := os.Getenv("DEWPOINT_TEST_MORE_TABLES"); more != "" {
		idle(t, more)
		return
	}
	use := func(more int) int64 {
		t.Helper()
		run := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestWideMemory$", "-test.v")
		run.Env = append(os.Environ(), fmt.Sprintf("DEWPOINT_TEST_MORE_TABLES=%d", more))
		out, err := run.CombinedOutput()
		_, text, found := strings.Cut(string(out), "bytes in use: ")
		text, _, _ = strings.Cut(text, "\n")
		n, parsed := strconv.ParseInt(text, 10, 64)
		if err != nil || !found || parsed != nil {
			t.Fatalf("%v %v\n%s", err, parsed, out)
		}
		return n
	}
	few, many := use(0), use(moreTables)
	t.Logf("%d KiB, with %d more tables %d KiB", few>>10, moreTables, many>>10)
	if many-few > mostMemory {
		t.Errorf("%d more tables take %d bytes, at most %d are good", moreTables, many-few, mostMemory)
	}
}

// idle tells what a server uses that has answered a few requests and has nothing to do any more.
func idle(t *testing.T, more string) {
	n, err := strconv.Atoi(more)
	if err != nil {
		t.Fatal(err)
	}
	wide, err := rig.Wide(n)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	s := startOn(t, rig.DatabaseOf(t, dir, wide), dir)
	s.make("vms", `{"name":"a"}`)
	for _, path := range []string{"/api/v4/vms", "/api/v4", linesOfObjects("text rx '^created'"), "/api/v4/openapi/vms.json"} {
		s.get(path).must(t, http.StatusOK)
	}
	var m runtime.MemStats
	for range 3 { // what has a finalizer is gone after the second
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	fmt.Printf("bytes in use: %d\n", m.HeapAlloc+m.StackInuse)
	runtime.KeepAlive(s)
}
