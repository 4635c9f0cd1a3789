package contract

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"dewpoint/test/harness"
)

// TestGoSDK runs the official Go SDK against the program, in the versions that are in use. Its tests are a module of their own, beside this one.
func TestGoSDK(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(harness.Root(), "test", "govergeos")
	s := start(t)
	for version, modules := range map[string]string{"0.1.9": "go.mod", "0.2.0": "v0.2.mod"} {
		t.Run(version, func(t *testing.T) {
			if out, err := command(t, dir, "go", "mod", "download", "-modfile="+modules).CombinedOutput(); err != nil {
				if os.Getenv("CI") == "true" {
					t.Fatalf("the SDK can't be fetched: %v\n%s", err, out)
				}
				t.Skipf("the SDK can't be fetched: %v", err)
			}
			cmd := command(t, dir, "go", "test", "-count=1", "-v", "-modfile="+modules, "./...")
			cmd.Env = append(os.Environ(), "VERGEOS_HOST="+s.URL, "VERGEOS_USERNAME=admin", "VERGEOS_PASSWORD="+harness.AdminPassword, "VERGEOS_VERIFY_SSL=false")
			out, err := cmd.CombinedOutput()
			t.Logf("%s", out)
			if err != nil {
				t.Error(err)
			}
		})
	}
}

func command(t *testing.T, dir, name string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	return cmd
}
