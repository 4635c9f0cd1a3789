package domxml_test

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"dewpoint/internal/host/domxml"
)

// TestLibvirtAccepts has every shape validated against libvirt's schema and defined by a real libvirt. Two shapes ask for what needs a
// working KVM or a newer QEMU only at the start, so all can be defined everywhere.
func TestLibvirtAccepts(t *testing.T) {
	t.Parallel()
	needLibvirt(t)
	for name, vm := range shapes() {
		random := make([]byte, 2)
		_, _ = rand.Read(random)
		vm.Instance, vm.UUID = hex.EncodeToString(random), uuid.NewString()
		text, err := domxml.Marshal(&vm, &debian12)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		accepted(t, name, vm, text)
		given, err := domxml.Release(vm, &debian12, domxml.Released{Name: "released-" + vm.UUID, Dir: "/nowhere", Network: "default"})
		if err != nil {
			t.Fatalf("%s, released: %v", name, err)
		}
		if text, err = given.Marshal(); err != nil {
			t.Fatal(err)
		}
		accepted(t, name+", released", vm, text)
	}
}

// accepted has libvirt validate, define and undefine a domain.
func accepted(t *testing.T, name string, vm domxml.VM, text string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "domain.xml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := virsh(t, "define", "--validate", file); err != nil {
		if vm.Accelerator == "kvm" && withoutKVM(out) || len(vm.Devices) > 0 && withoutTPM() {
			return
		}
		t.Errorf("%s: %v\n%s\n%s", name, err, out, text)
		return
	}
	if out, err := virsh(t, "undefine", "--nvram", "--tpm", vm.UUID); err != nil {
		t.Errorf("%s: undefine: %v\n%s", name, err, out)
	}
}

// withoutKVM reports whether libvirt refused a domain for nothing but that the host has no KVM. It says so after it has validated the XML.
func withoutKVM(out string) bool {
	_, err := os.Stat("/dev/kvm")
	return errors.Is(err, fs.ErrNotExist) && strings.Contains(out, "does not support virt type 'kvm'")
}

// withoutTPM reports whether the host has no emulator of TPMs; libvirt then says that it doesn't know their version.
func withoutTPM() bool {
	_, err := exec.LookPath("swtpm_setup")
	return err != nil && os.Getenv("CI") != "true"
}

func virsh(t *testing.T, args ...string) (string, error) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "virsh", append([]string{"-c", "qemu:///system"}, args...)...).CombinedOutput()
	return string(out), err
}

func needLibvirt(t *testing.T) {
	t.Helper()
	out, err := virsh(t, "version")
	if err == nil {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("libvirt does not answer: %v\n%s", err, out)
	}
	t.Skipf("libvirt does not answer: %v", err)
}
