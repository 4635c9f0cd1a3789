package accel

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestTooSlow(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name          string
		guest, native time.Duration
		slow          bool
	}{
		{"native speed", 5 * time.Millisecond, 4 * time.Millisecond, false},
		{"busy host", 30 * time.Millisecond, 4 * time.Millisecond, false},
		{"emulated", 400 * time.Millisecond, 4 * time.Millisecond, true},
	}
	for _, c := range cases {
		if got := tooSlow(c.guest, c.native) != ""; got != c.slow {
			t.Errorf("%s: slow = %v, want %v", c.name, got, c.slow)
		}
	}
}

func TestNoDevice(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "kvm")
	if err := os.WriteFile(file, []byte("not a device"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, device := range []string{file, file + ".missing"} {
		res := Test(t.Context(), device)
		if res.Accelerator != QEMU || !strings.Contains(res.Reason, device) {
			t.Errorf("Test(%s) = %+v, want qemu with the device in the reason", device, res)
		}
	}
}

// TestThisHost holds whichever way the answer is: it comes fast, says why, and fits the times that it names.
func TestThisHost(t *testing.T) {
	device := needKVM(t)
	begin := time.Now()
	res := Test(t.Context(), device)
	t.Logf("%+v", res)
	if took := time.Since(begin); took > time.Second {
		t.Errorf("the self-test took %v, want less than a second", took)
	}
	if res.Reason == "" || res.NativeNanos == 0 {
		t.Errorf("no reason or no native time: %+v", res)
	}
	if native := tooSlow(time.Duration(res.LoopNanos), time.Duration(res.NativeNanos)) == ""; res.Accelerator == KVM && !native {
		t.Errorf("says kvm, but the times say otherwise: %+v", res)
	}
}

// TestGuestsEnd proves that both programs are right: a short loop comes to its HLT even where instructions are emulated.
func TestGuestsEnd(t *testing.T) {
	device := needKVM(t)
	for _, g := range []guest{realMode(1000), longMode(1000)} {
		if took, err := run(t.Context(), device, g, 2*time.Second); err != nil || took <= 0 {
			t.Errorf("%s: took %v, error %v", g.name, took, err)
		}
	}
}

// TestEndlessGuest proves that a guest that never stops is broken off, and leaves no goroutine behind.
func TestEndlessGuest(t *testing.T) {
	device := needKVM(t)
	before := runtime.NumGoroutine()
	endless := guest{name: "endless", memory: place([]byte{0xeb, 0xfe}), entry: codeAt} // jmp to itself
	begin := time.Now()
	if _, err := run(t.Context(), device, endless, 50*time.Millisecond); err == nil || !strings.Contains(err.Error(), "did not end") {
		t.Errorf("error %v, want that it did not end", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := run(ctx, device, endless, time.Minute); err == nil {
		t.Error("an ended context let the guest run to its end")
	}
	if took := time.Since(begin); took > time.Second {
		t.Errorf("breaking two guests off took %v", took)
	}
	for deadline := time.Now().Add(2 * time.Second); runtime.NumGoroutine() > before; {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
		time.Sleep(time.Millisecond)
	}
}

// needKVM returns the device, or skips: hosts without it are what TestNoDevice stands for.
func needKVM(t *testing.T) string {
	t.Helper()
	const device = "/dev/kvm"
	f, err := os.OpenFile(device, os.O_RDWR, 0)
	if err != nil {
		t.Skipf("no usable %s here: %v", device, err)
	}
	f.Close()
	return device
}
