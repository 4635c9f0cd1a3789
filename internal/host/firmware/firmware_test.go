package firmware_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/google/uuid"

	"dewpoint/internal/host/firmware"
)

// TestFirmwareGoesAlong: variables and what a TPM keeps go from machine to machine with their owner, and a TPM gets its content at the start, once.
func TestFirmwareGoesAlong(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("libvirt's folder is root's")
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	reads := func(path, want string) {
		t.Helper()
		if got, err := os.ReadFile(path); err != nil || string(got) != want {
			t.Errorf("%s holds %q (%v), want %q", path, got, err, want)
		}
	}
	dir, id, other := t.TempDir(), uuid.NewString(), uuid.NewString()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	must(firmware.CopyVariables(a, b)) // there are none
	must(os.MkdirAll(a, 0o700))
	must(os.WriteFile(filepath.Join(a, "nvram.fd"), []byte("variables"), 0o600))
	must(firmware.CopyVariables(a, b))
	reads(filepath.Join(b, "nvram.fd"), "variables")

	const owner = 54321
	kept := "/var/lib/libvirt/swtpm/" + id
	t.Cleanup(func() { os.RemoveAll(kept); os.RemoveAll("/var/lib/libvirt/swtpm/" + other) })
	must(firmware.TPM{Dir: a, UUID: id}.CopyTo(b)) // it never ran
	must(os.MkdirAll(filepath.Join(kept, "tpm2"), 0o711))
	state := filepath.Join(kept, "tpm2", "tpm2-00.permall")
	must(os.WriteFile(state, []byte("keys"), 0o600))
	must(os.Chown(state, owner, owner))
	must(os.Symlink("/etc/passwd", filepath.Join(kept, "tpm2", "link")))
	must(firmware.TPM{Dir: a, UUID: id}.CopyTo(b))
	must(os.WriteFile(state, []byte("later"), 0o600))
	for range 2 {
		must(firmware.TPM{Dir: b, UUID: other}.Plant())
	}
	planted := "/var/lib/libvirt/swtpm/" + other + "/tpm2/"
	reads(planted+"tpm2-00.permall", "keys")
	info, err := os.Stat(planted + "tpm2-00.permall")
	must(err)
	if st := info.Sys().(*syscall.Stat_t); st.Uid != owner || info.Mode().Perm() != 0o600 {
		t.Errorf("it belongs to %d with mode %v", st.Uid, info.Mode())
	}
	if _, err := os.Lstat(planted + "link"); err == nil {
		t.Error("a link was copied")
	}
	if _, err := os.Lstat(filepath.Join(b, "tpm")); err == nil {
		t.Error("what was planted still waits")
	}
	must(firmware.TPM{Dir: a, UUID: id}.CopyTo(b)) // the way back
	must(firmware.TPM{Dir: b, UUID: other}.Plant())
	reads(planted+"tpm2-00.permall", "later")
}
