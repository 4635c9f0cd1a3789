package accel

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"dewpoint/internal/host/child"
)

// CPU is how guests under KVM can have the host's own CPU.
type CPU struct {
	Refused bool     // QEMU doesn't start with it, whatever is left out
	Flaws   []string // features that have to be left out for QEMU to start
	Reason  string   // a clause for the node's row; "" without KVM
}

// flaws are features that KVM may claim and then not have, such as one whose MSR can't be written where KVM itself is emulated.
var flaws = []string{"arch-capabilities"}

// cpuLimit bounds each try: QEMU starts in half a second, or aborts.
const cpuLimit = 15 * time.Second

// TestCPU starts QEMU, by the name of its program, with the host's CPU, with no guest, and, where it doesn't start, once more without the flaws. Device is normally /dev/kvm.
func TestCPU(ctx context.Context, emulator, device string) CPU {
	if _, err := os.Stat(device); errors.Is(err, fs.ErrNotExist) {
		return CPU{}
	}
	whole := startQEMU(ctx, emulator, "host")
	if whole == nil {
		return CPU{Reason: "CPU: the host's own"}
	}
	if err := startQEMU(ctx, emulator, "host,-"+strings.Join(flaws, ",-")); err != nil {
		return CPU{Refused: true, Reason: fmt.Sprintf("CPU: a model that all hosts have, because QEMU refuses the host's own (%v)", err)}
	}
	return CPU{Flaws: flaws, Reason: fmt.Sprintf("CPU: the host's own without %s, with which QEMU doesn't start (%v)", strings.Join(flaws, ", "), whole)}
}

// startQEMU has QEMU make a machine with that CPU and end.
func startQEMU(ctx context.Context, emulator, cpu string) error {
	_, err := child.Command{
		Name:  emulator,
		Args:  []string{"-accel", "kvm", "-cpu", cpu, "-machine", "q35", "-m", "16", "-nodefaults", "-no-user-config", "-display", "none", "-S", "-qmp", "stdio"},
		Input: "{\"execute\":\"qmp_capabilities\"}\n{\"execute\":\"quit\"}\n", Limit: cpuLimit,
	}.Run(ctx)
	var failed *child.Failure
	if errors.As(err, &failed) && failed.Stderr != "" {
		first, _, _ := strings.Cut(failed.Stderr, "\n")
		return errors.New(first)
	}
	return err
}
