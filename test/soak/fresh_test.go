package soak

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"dewpoint/test/harness"
)

// TestFreshMachine runs the README's first commands on a bare Debian 12 that has neither Go nor anything else but make. It prints how long they
// take and how much they fetch.
func TestFreshMachine(t *testing.T) {
	if os.Getenv(scaleVariable) == "" {
		t.Skip("it fetches hundreds of megabytes: make soak runs it")
	}
	root, err := os.MkdirTemp("/var/tmp", "dewpoint-fresh-") // not /tmp, which may be memory
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(root) })
	if err := os.Chmod(root, 0o755); err != nil { // it will be everybody's /
		t.Fatal(err)
	}
	harness.Output(t, "debootstrap", "--variant=minbase", "--include=make,ca-certificates", "bookworm", root)
	harness.Output(t, "sh", "-c", `mkdir "$1/src" && git -C "$2" ls-files -z | tar -C "$2" --null -T - -c | tar -C "$1/src" -x`, "sh", root, harness.Root())
	for _, path := range []string{"/etc/resolv.conf", "/etc/ssl/certs/ca-certificates.crt"} { // how this host reaches the mirrors
		harness.Output(t, "cp", "--remove-destination", path, filepath.Join(root, path))
	}
	harness.Output(t, "sh", "-c", `rm -f "$1"/var/cache/apt/archives/*.deb`, "sh", root) // those of the bare system
	out, err := exec.Command("unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private",
		"bash", filepath.Join(harness.Root(), "test", "soak", "testdata", "fresh.sh"), root).CombinedOutput()
	for line := range strings.Lines(string(out)) {
		if strings.HasPrefix(line, "fresh: ") {
			t.Log(strings.TrimSpace(line))
		}
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}
