package accel_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"dewpoint/internal/host/accel"
)

// emulator is a program that takes some CPUs, and complains of others as QEMU does.
func emulator(t *testing.T, takes string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "qemu")
	script := "#!/bin/sh\ncat >/dev/null\nfor cpu in " + takes + "; do [ \"$4\" = \"$cpu\" ] && exit 0; done\necho 'error: failed to set MSR 0x10a to 0x0' >&2\nexit 1\n"
	if err := os.WriteFile(path, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return filepath.Join("../../..", path) // below a folder of programs
}

func TestCPU(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		takes   string
		refused bool
		flaws   []string
		reason  string
	}{
		{"host host,-arch-capabilities", false, nil, "the host's own"},
		{"host,-arch-capabilities", false, []string{"arch-capabilities"}, "MSR 0x10a"},
		{"none", true, nil, "a model that all hosts have"},
	} {
		got := accel.TestCPU(t.Context(), emulator(t, c.takes), os.DevNull)
		if got.Refused != c.refused || !slices.Equal(got.Flaws, c.flaws) || !strings.Contains(got.Reason, c.reason) {
			t.Errorf("a QEMU that takes %s: %+v", c.takes, got)
		}
	}
	if got := accel.TestCPU(t.Context(), "/nowhere", "/nowhere/kvm"); got.Refused || got.Reason != "" {
		t.Errorf("without KVM: %+v", got)
	}
}
