// Package accel finds out whether guests can run under KVM on this host, by proof: it runs a few bytes of guest code through
// /dev/kvm with a time limit and compares their speed with the same loop run natively. That the device opens proves nothing: on
// hosts that are virtual machines themselves it may be served by an instruction emulator in which stock kernels never get to their console.
package accel

import (
	"context"
	"fmt"
	"runtime"
	"time"
)

// The two accelerators, spelled as libvirt's domain types.
const (
	KVM  = "kvm"
	QEMU = "qemu" // TCG: emulation by QEMU itself
)

// The bounds of the test. A native loop of loopCount turns takes 2 to 6 ms on the slowest CPU worth running guests on; an emulator takes
// 50 to 1000 times as long, so the ratio tells the two apart with a wide margin even on a busy host.
const (
	loopCount = 8_000_000
	tries     = 3
	maxRatio  = 8
	runLimit  = 250 * time.Millisecond // per try
	overhead  = 2 * time.Millisecond   // allowed on top of the ratio for entering and leaving the guest
)

// Result is the answer of the self-test.
type Result struct {
	Accelerator string // KVM or QEMU
	Reason      string // a sentence for the node's row, whichever the answer is
	LoopNanos   int64  // the guest loop's best time; 0 when it never ended
	NativeNanos int64  // the same loop run natively; 0 when the guest could not be started at all
}

// Test runs the self-test on device (normally /dev/kvm). It takes less than a second, never fails (what goes wrong is the Reason
// for QEMU), and returns early with QEMU when ctx ends.
func Test(ctx context.Context, device string) Result {
	guests := []guest{realMode(loopCount), longMode(loopCount)}
	res := Result{Accelerator: QEMU, NativeNanos: int64(nativeLoop(loopCount))}
	for _, g := range guests {
		took, err := best(ctx, device, g)
		res.LoopNanos = max(res.LoopNanos, int64(took))
		if err != nil {
			res.LoopNanos = 0
			res.Reason = fmt.Sprintf("KVM self-test: %s code: %v (natively the loop takes %v)", g.name, err, time.Duration(res.NativeNanos))
			return res
		}
		if reason := tooSlow(took, time.Duration(res.NativeNanos)); reason != "" {
			res.Reason = fmt.Sprintf("KVM self-test: %s code: %s", g.name, reason)
			return res
		}
	}
	res.Accelerator = KVM
	res.Reason = fmt.Sprintf("KVM self-test passed: %d turns took %v in the guest and %v natively", loopCount,
		time.Duration(res.LoopNanos), time.Duration(res.NativeNanos))
	return res
}

// best runs the guest up to three times and returns the shortest time, so that a busy host is not mistaken for a slow one.
func best(ctx context.Context, device string, g guest) (time.Duration, error) {
	var shortest time.Duration
	for range tries {
		took, err := run(ctx, device, g, runLimit)
		if err != nil {
			return 0, err
		}
		if shortest == 0 || took < shortest {
			shortest = took
		}
	}
	return shortest, nil
}

// tooSlow says why a guest's time is not native speed, or "" when it is.
func tooSlow(guest, native time.Duration) string {
	if limit := native*maxRatio + overhead; guest > limit {
		return fmt.Sprintf("%d turns took %v in the guest and %v natively: instructions are emulated, not run", loopCount, guest, native)
	}
	return ""
}

// nativeLoop times n turns of the guest's loop on this CPU, at its best of three.
func nativeLoop(n uint32) time.Duration {
	var shortest time.Duration
	for range tries {
		begin := time.Now()
		count := n
		for count != 0 {
			count--
		}
		runtime.KeepAlive(count) // keeps the compiler from dropping the loop
		if took := time.Since(begin); shortest == 0 || took < shortest {
			shortest = took
		}
	}
	return shortest
}
