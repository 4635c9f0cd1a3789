package iso_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"dewpoint/internal/host/iso"
)

// TestWrite reads images with the tools that others read them with: the label, the names as they were given, the bytes.
func TestWrite(t *testing.T) {
	t.Parallel()
	files := map[string][]byte{
		"user-data": []byte("#cloud-config\n"), "meta-data": []byte("instance-id: x\n"), "empty": {}, "openstack/latest/user_data": []byte("one"),
		"openstack/latest/user-data": []byte("two"), "CASE": []byte("upper"), "case": []byte("lower"), "a/b/c/d/e/f": []byte("deep"),
		strings.Repeat("n", 100) + ".txt": []byte("long"), strings.Repeat("n", 100) + ".TXT": []byte("LONG"), "big": []byte(strings.Repeat("0123456789abcdef", 4096)),
	}
	name := filepath.Join(t.TempDir(), "seed.iso")
	if err := os.WriteFile(name+".draft", []byte("of a Write that was cut off"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 { // over what was there before
		if err := iso.Write(name, "config-2", files); err != nil {
			t.Fatal(err)
		}
	}
	image, err := os.ReadFile(name)
	if err != nil || strings.TrimRight(string(image[32808:32840]), " \x00") != "config-2" {
		t.Errorf("the label is %q (%v)", image[32808:32840], err)
	}
	if left, _ := filepath.Glob(name + "?*"); len(left) > 0 {
		t.Errorf("beside the image lies %v", left)
	}
	out := t.TempDir()
	run(t, "xorriso", "-osirrox", "on", "-indev", name, "-extract", "/", filepath.Join(out, "x"))
	for path, want := range files {
		if got, err := os.ReadFile(filepath.Join(out, "x", path)); err != nil || string(got) != string(want) {
			t.Errorf("%s: %d bytes, want %d (%v)", path, len(got), len(want), err)
		}
	}
}

// TestWriteStaysInside: no path leads out of the image's folder, and a failure leaves what was there.
func TestWriteStaysInside(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	name := filepath.Join(dir, "seed.iso")
	if err := os.WriteFile(name, []byte("before"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"../x", "a/../../x", "/etc/x"} {
		if err := iso.Write(name, "cidata", map[string][]byte{path: nil}); err == nil {
			t.Errorf("%s was written", path)
		}
	}
	if text, err := os.ReadFile(name); string(text) != "before" {
		t.Errorf("the image is %q (%v)", text, err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("there is %v", left)
	}
}

func run(t *testing.T, name string, args ...string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
}
