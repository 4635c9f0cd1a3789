package vm

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"dewpoint/internal/errs"
	"dewpoint/internal/host/libvirt"
)

// hostTest is one domain on a Host.
type hostTest struct {
	Host
	t      *testing.T
	ref    libvirt.Ref
	xml    string
	disc   string
	events <-chan libvirt.Event
}

// TestHosts is the suite that every Host stands: a domain that has nothing to boot goes through its life.
func TestHosts(t *testing.T) {
	t.Parallel()
	for name, host := range map[string]Host{"libvirt": realHost(t), "fake": newFakeHost()} {
		t.Run(name, func(t *testing.T) {
			h := newHostTest(t, host)
			h.beforeItIsDefined()
			h.defined()
			first := h.started()
			h.powered(first)
			h.stopped()
			if second := h.started(); second == first {
				t.Errorf("both runs have the number %d", first)
			}
			h.paused(h.hibernated())
			h.undefinedWhileItRuns()
		})
	}
}

func realHost(t *testing.T) Host {
	t.Helper()
	c := libvirt.New("", "")
	t.Cleanup(c.Close)
	if _, err := c.List(t.Context(), ""); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skipf("libvirt does not answer: %v", err)
	}
	return c
}

func newHostTest(t *testing.T, host Host) *hostTest {
	t.Helper()
	h := &hostTest{Host: host, t: t, ref: libvirt.Ref{UUID: uuid.NewString()}, disc: emptyDisc(t)}
	h.ref.Name = "dpt-" + h.ref.UUID[:8]
	h.xml = fmt.Sprintf(`<domain type="qemu"><name>%s</name><uuid>%s</uuid><memory unit="MiB">64</memory><vcpu>1</vcpu>
		<os><type arch="x86_64">hvm</type></os><features><acpi/></features>
		<devices><disk type="file" device="cdrom"><source file="%s"/><target dev="sda" bus="sata"/><readonly/></disk></devices></domain>`,
		h.ref.Name, h.ref.UUID, h.disc)
	listening, stop := context.WithCancel(context.Background())
	var err error
	if h.events, err = host.Events(listening); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		for range h.events { // the reader's duty
		}
		_ = host.Destroy(context.Background(), h.ref)
		_ = host.Undefine(context.Background(), h.ref)
	})
	return h
}

// emptyDisc makes a disc where QEMU's own user gets at it.
func emptyDisc(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, "disc")
	if err := os.WriteFile(path, make([]byte, 64<<10), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// refused checks the kind of an error.
func (h *hostTest) refused(what string, err error, kind errs.Kind) {
	h.t.Helper()
	if !errs.Is(err, kind) {
		h.t.Errorf("%s: error %v of kind %v, want kind %v", what, err, errs.KindOf(err), kind)
	}
}

func (h *hostTest) done(what string, err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatalf("%s: %v", what, err)
	}
}

// shown returns the domain as it is listed.
func (h *hostTest) shown(want libvirt.State) libvirt.Info {
	h.t.Helper()
	found, err := h.List(h.t.Context(), h.ref.Name)
	if err != nil || len(found) != 1 || found[0].Ref != h.ref || found[0].State != want || (found[0].Run >= 0) != want.Active() {
		h.t.Fatalf("List = %+v, %v; want %v, which is %s", found, err, h.ref, want)
	}
	return found[0]
}

// heard waits for the event of a state.
func (h *hostTest) heard(want libvirt.State) {
	h.t.Helper()
	for timeout := time.After(10 * time.Second); ; {
		select {
		case e, open := <-h.events:
			if !open {
				h.t.Fatalf("the events ended before %s", want)
			}
			if e.Ref == h.ref && e.State == want {
				return
			}
		case <-timeout:
			h.t.Fatalf("no event that %s is %s", h.ref.Name, want)
		}
	}
}

func (h *hostTest) beforeItIsDefined() {
	ctx := h.t.Context()
	if info, err := h.HostInfo(ctx); err != nil || info.Emulator == "" || !slices.Contains(info.MachineTypes, "q35") {
		h.t.Errorf("HostInfo = %+v, %v", info, err)
	}
	h.refused("Start of what isn't defined", h.Start(ctx, h.ref), errs.NotFound)
	h.refused("Power of what isn't defined", h.Power(ctx, h.ref, Kill), errs.NotFound)
	h.refused("Undefine of what isn't defined", h.Undefine(ctx, h.ref), errs.NotFound)
	_, err := h.Holds(ctx, h.ref)
	h.refused("Holds of what isn't defined", err, errs.NotFound)
	_, err = h.Define(ctx, "<domain")
	h.refused("Define of broken XML", err, errs.Invalid)
	h.refused("Start without a UUID", h.Start(ctx, libvirt.Ref{Name: h.ref.Name}), errs.Invalid)
}

func (h *hostTest) defined() {
	ctx := h.t.Context()
	for range 2 { // the second time it is replaced
		ref, err := h.Define(ctx, h.xml)
		if h.done("Define", err); ref != h.ref {
			h.t.Fatalf("Define = %v, want %v", ref, h.ref)
		}
		h.shown(libvirt.Off)
	}
	if others, err := h.List(ctx, h.ref.Name+"-"); err != nil || len(others) != 0 {
		h.t.Errorf("with another beginning there is %v, %v", others, err)
	}
	holds, err := h.Holds(ctx, h.ref)
	h.done("Holds", err)
	if d := cmp.Diff(libvirt.Holds{Files: []string{h.disc}}, holds); d != "" {
		h.t.Error(d)
	}
	h.refused("Destroy while off", h.Destroy(ctx, h.ref), errs.Conflict)
	for _, op := range []string{PowerOff, Kill, Reset, Reboot, Pause, Hibernate} {
		h.refused(op+" while off", h.Power(ctx, h.ref, op), errs.Conflict)
	}
}

// started returns the number of the run.
func (h *hostTest) started() int32 {
	ctx := h.t.Context()
	h.done("Start", h.Start(ctx, h.ref))
	h.heard(libvirt.Running)
	h.refused("Start while it runs", h.Start(ctx, h.ref), errs.Conflict)
	return h.shown(libvirt.Running).Run
}

// powered asks what a guest that isn't there can't heed, and what needs none.
func (h *hostTest) powered(run int32) {
	ctx := h.t.Context()
	for _, op := range []string{PowerOff, libvirt.PowerOffByAgent, Reset, Reboot} {
		h.done(op, h.Power(ctx, h.ref, op))
		if got := h.shown(libvirt.Running).Run; got != run {
			h.t.Errorf("%s begins run %d", op, got)
		}
	}
	h.refused("a word that nobody knows", h.Power(ctx, h.ref, "fly"), errs.NotBuilt)
}

func (h *hostTest) stopped() {
	h.done(Kill, h.Power(h.t.Context(), h.ref, Kill))
	h.heard(libvirt.Off)
	h.shown(libvirt.Off)
}

// hibernated keeps the guest's memory, drops it, and goes on from it. It returns the number of the last run.
func (h *hostTest) hibernated() int32 {
	ctx := h.t.Context()
	kept := func(want bool) {
		h.t.Helper()
		if got, err := h.Saved(ctx, h.ref); got != want || err != nil {
			h.t.Errorf("the memory is kept: %v, %v; want %v", got, err, want)
		}
	}
	kept(false)
	for _, end := range []func(context.Context, libvirt.Ref) error{h.Forget, h.Start, h.Wake} {
		h.done("Hibernate", h.Power(ctx, h.ref, Hibernate))
		h.heard(libvirt.Off)
		h.shown(libvirt.Off)
		kept(true)
		h.done("the end of it", end(ctx, h.ref))
		kept(false)
		if found, _ := h.List(ctx, h.ref.Name); len(found) == 1 && !found[0].State.Active() {
			h.done("Start", h.Start(ctx, h.ref))
		}
	}
	return h.shown(libvirt.Running).Run
}

func (h *hostTest) paused(run int32) {
	ctx := h.t.Context()
	h.done(Pause, h.Power(ctx, h.ref, Pause))
	h.shown(libvirt.Paused)
	h.done(Resume, h.Power(ctx, h.ref, Resume))
	if got := h.shown(libvirt.Running).Run; got != run {
		h.t.Errorf("after a pause it is run %d, before it was %d", got, run)
	}
}

// undefinedWhileItRuns has it run on, and be gone once it is off.
func (h *hostTest) undefinedWhileItRuns() {
	ctx := h.t.Context()
	h.done("Undefine", h.Undefine(ctx, h.ref))
	h.shown(libvirt.Running)
	h.done("Destroy", h.Destroy(ctx, h.ref))
	h.heard(libvirt.Off)
	if left, err := h.List(ctx, h.ref.Name); err != nil || len(left) != 0 {
		h.t.Errorf("in the end there is %v, %v", left, err)
	}
	h.refused("Undefine again", h.Undefine(ctx, h.ref), errs.NotFound)
}
