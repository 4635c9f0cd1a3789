package libvirt_test

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"slices"
	"testing"
	"time"

	"dewpoint/internal/errs"
	"dewpoint/internal/host/libvirt"
)

// prefix returns a fresh name prefix for a test's domains.
func prefix() string {
	random := make([]byte, 4)
	_, _ = rand.Read(random)
	return "dpt-" + hex.EncodeToString(random) + "-"
}

// TestLife takes a domain through its life with a real QEMU. (libvirt's built-in test driver knows neither the power button nor the
// flags that an undefine needs.)
func TestLife(t *testing.T) {
	t.Parallel()
	c := client(t, "", "qemu:///system")
	ctx := t.Context()
	name := prefix()
	xml, want := emptyDomain(name + "1")
	listening, stop := context.WithCancel(ctx)
	events, err := c.Events(listening)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		stop()
		for range events { // the reader's duty
		}
	}()

	wantKind(t, "Start before Define", c.Start(ctx, want), errs.NotFound)
	ref, err := c.Define(ctx, xml)
	if err != nil || ref != want {
		t.Fatalf("Define = %v, %v; want %v", ref, err, want)
	}
	t.Cleanup(func() { // for a test that fails half-way
		_ = c.Destroy(context.Background(), ref)
		_ = c.Undefine(context.Background(), ref)
	})
	wantState(t, c, name, libvirt.Off)
	wantKind(t, "Destroy while off", c.Destroy(ctx, ref), errs.Conflict)

	if err := c.Start(ctx, ref); err != nil {
		t.Fatal(err)
	}
	awaitEvent(t, events, ref, libvirt.Running)
	wantState(t, c, name, libvirt.Running)
	wantKind(t, "Start while running", c.Start(ctx, ref), errs.Conflict)
	for _, step := range []struct {
		name string
		do   func(context.Context, libvirt.Ref) error
		want libvirt.State
	}{
		{"Suspend", c.Suspend, libvirt.Paused},
		{"Resume", c.Resume, libvirt.Running},
		{"Shutdown", c.Shutdown, libvirt.Running}, // there is no guest that would heed it
		{"Reset", c.Reset, libvirt.Running},
	} {
		if err := step.do(ctx, ref); err != nil {
			t.Errorf("%s: %v", step.name, err)
		}
		wantState(t, c, name, step.want)
	}
	if d, err := c.Describe(ctx, ref); err != nil || d.UUID != ref.UUID || d.ID == nil {
		t.Errorf("Describe = %+v, %v; want the running domain", d, err)
	}
	if err := c.Destroy(ctx, ref); err != nil {
		t.Fatal(err)
	}
	awaitEvent(t, events, ref, libvirt.Off)
	if err := c.Undefine(ctx, ref); err != nil {
		t.Fatal(err)
	}
	if left, err := c.List(ctx, name); err != nil || len(left) != 0 {
		t.Errorf("List after Undefine = %v, %v", left, err)
	}
	wantKind(t, "Undefine again", c.Undefine(ctx, ref), errs.NotFound)
}

func wantState(t *testing.T, c *libvirt.Client, prefix string, want libvirt.State) {
	t.Helper()
	found, err := c.List(t.Context(), prefix)
	if err != nil || len(found) != 1 || found[0].State != want {
		t.Fatalf("List(%s) = %v, %v; want one domain that is %s", prefix, found, err, want)
	}
}

func awaitEvent(t *testing.T, events <-chan libvirt.Event, ref libvirt.Ref, want libvirt.State) {
	t.Helper()
	timeout := time.After(10 * time.Second)
	for {
		select {
		case e, open := <-events:
			if !open {
				t.Fatalf("the events ended before %s", want)
			}
			if e.Ref == ref && e.State == want {
				return
			}
		case <-timeout:
			t.Fatalf("no event that %s is %s", ref.Name, want)
		}
	}
}

func TestRefusedDefinition(t *testing.T) {
	t.Parallel()
	c := client(t, "", "qemu:///system")
	_, err := c.Define(t.Context(), "<domain")
	wantKind(t, "Define of broken XML", err, errs.Invalid)
	wantKind(t, "Start without a UUID", c.Start(t.Context(), libvirt.Ref{Name: "x"}), errs.Invalid)
}

func TestHostInfo(t *testing.T) {
	t.Parallel()
	info, err := client(t, "", "qemu:///system").HostInfo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if info.QEMUVersion == "" || info.Emulator == "" || !slices.Contains(info.MachineTypes, "q35") || !slices.Contains(info.CPUModels, "Nehalem") {
		t.Errorf("HostInfo = %+v, want versions, an emulator, q35 and Nehalem", info)
	}
	t.Logf("libvirt %s, QEMU %s at %s, runs as %d:%d", info.LibvirtVersion, info.QEMUVersion, info.Emulator, info.RunUID, info.RunGID)
}

// TestLoads watches a real QEMU use its processor.
func TestLoads(t *testing.T) {
	t.Parallel()
	c := client(t, "", "qemu:///system")
	name := prefix()
	xml, _ := emptyDomain(name + "1")
	ref, err := c.Define(t.Context(), xml)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Destroy(context.Background(), ref)
		_ = c.Undefine(context.Background(), ref)
	})
	if loads, err := c.Loads(t.Context(), name); err != nil || len(loads) != 0 {
		t.Errorf("loads of a domain that is off: %v, %v", loads, err)
	}
	if err := c.Start(t.Context(), ref); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); ; {
		loads, err := c.Loads(t.Context(), name)
		if err != nil || len(loads) != 1 || loads[0].Ref != ref {
			t.Fatalf("loads %v, %v", loads, err)
		}
		l := loads[0]
		if len(l.VCPUs) == 1 && l.VCPUs[0] > 0 && l.Given == 64<<20 && l.Resident > 1<<20 && l.Total == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("load %+v", l)
		}
		time.Sleep(100 * time.Millisecond) // its processor needs a moment
	}
}
