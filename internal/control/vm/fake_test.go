package vm

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/google/uuid"
	"libvirt.org/go/libvirtxml"

	"dewpoint/internal/errs"
	"dewpoint/internal/held"
	"dewpoint/internal/host/libvirt"
	"dewpoint/internal/model/compute"
)

// fakeHost is a libvirt in memory that can be told to hang or to be away: what the real one won't do on demand. It stands the suite that the real one
// stands: TestHosts.
type fakeHost struct {
	LiveHost // none: changes of a guest are tested on the real one alone
	mu       sync.Mutex
	states   map[string]libvirt.State // by domain name
	domains  map[string]fakeDomain    // what was defined, by UUID
	away     bool
	hang     map[string]bool // domains whose calls hang until their deadline
	fail     error           // of every start
	starts   int
	resets   int
	changed  chan libvirt.Event
}

// fakeDomain is what a fake knows of a domain beside its state.
type fakeDomain struct {
	name      string
	holds     libvirt.Holds
	run       int32 // number of its last run
	transient bool  // it is gone with its run
	saved     bool  // its memory is kept
}

func newFakeHost() *fakeHost {
	return &fakeHost{
		states: map[string]libvirt.State{}, domains: map[string]fakeDomain{}, hang: map[string]bool{}, changed: make(chan libvirt.Event, 100),
	}
}

var errAway = errs.New(errs.Unavailable, "libvirt_down", "libvirt is not running")

func (h *fakeHost) HostInfo(context.Context) (libvirt.HostInfo, error) {
	return libvirt.HostInfo{Emulator: "/qemu", MachineTypes: []string{"q35"}, RunUID: -1, RunGID: -1}, nil
}

func (h *fakeHost) List(_ context.Context, prefix string) ([]libvirt.Info, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.away {
		return nil, errAway
	}
	var out []libvirt.Info
	for name, state := range h.states {
		if !strings.HasPrefix(name, prefix) {
			continue
		}
		info := libvirt.Info{Ref: libvirt.Ref{Name: name}, State: state, Run: -1}
		for id, d := range h.domains {
			if d.name == name {
				info.UUID = id
				if state.Active() {
					info.Run = d.run
				}
			}
		}
		out = append(out, info)
	}
	return out, nil
}

func (h *fakeHost) Holds(_ context.Context, ref libvirt.Ref) (libvirt.Holds, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	d, err := h.find(ref)
	return d.holds, err
}

func (h *fakeHost) Describe(context.Context, libvirt.Ref) (*libvirtxml.Domain, error) {
	return nil, errs.New(errs.NotBuilt, "not_built", "a fake has no devices")
}

func (h *fakeHost) Events(ctx context.Context) (<-chan libvirt.Event, error) {
	out := make(chan libvirt.Event)
	go func() {
		defer close(out)
		for {
			select {
			case e := <-h.changed:
				out <- e
			case <-ctx.Done():
				return
			}
		}
	}()
	return out, nil
}

// Define replaces what was defined before; a running domain goes on.
func (h *fakeHost) Define(_ context.Context, xml string) (libvirt.Ref, error) {
	var domain libvirtxml.Domain
	if err := domain.Unmarshal(xml); err != nil {
		return libvirt.Ref{}, errs.Wrap(err, errs.Invalid, "libvirt_refused", "the definition can't be read")
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	d := fakeDomain{name: domain.Name, run: h.domains[domain.UUID].run, saved: h.domains[domain.UUID].saved}
	if domain.Devices != nil {
		for _, disk := range domain.Devices.Disks {
			if disk.Source != nil && disk.Source.File != nil {
				d.holds.Files = append(d.holds.Files, disk.Source.File.File)
			}
		}
	}
	h.domains[domain.UUID] = d
	if _, known := h.states[domain.Name]; !known {
		h.states[domain.Name] = libvirt.Off
	}
	return libvirt.Ref{Name: domain.Name, UUID: domain.UUID}, nil
}

func (h *fakeHost) Start(ctx context.Context, ref libvirt.Ref) error {
	err := h.change(ctx, ref, libvirt.Off, libvirt.Running, &h.starts)
	if err == nil {
		h.keep(ref, false)
	}
	return err
}

// The operations that tests ask for.
const (
	PowerOn  = compute.PowerOn
	PowerOff = compute.PowerOff
	Kill     = compute.Kill
	Reset    = compute.Reset
	Reboot   = compute.Reboot

	Pause, Resume, Hibernate = compute.Pause, compute.Resume, compute.Hibernate
)

func (h *fakeHost) Power(ctx context.Context, ref libvirt.Ref, op string) error {
	switch op {
	case Kill:
		return h.Destroy(ctx, ref)
	case Reset:
		return h.change(ctx, ref, libvirt.Running, libvirt.Running, &h.resets)
	case Pause:
		return h.change(ctx, ref, libvirt.Running, libvirt.Paused, nil)
	case Resume:
		return h.change(ctx, ref, libvirt.Paused, libvirt.Running, nil)
	case Hibernate:
		return h.save(ctx, ref)
	}
	if !libvirt.Powers(op) {
		return errs.New(errs.NotBuilt, "not_built", "there is no operation %q", op)
	}
	return h.change(ctx, ref, libvirt.Running, libvirt.Running, nil)
}

func (h *fakeHost) save(ctx context.Context, ref libvirt.Ref) error {
	if err := h.change(ctx, ref, libvirt.Running, libvirt.Off, nil); err != nil {
		return err
	}
	h.keep(ref, true)
	return nil
}

func (h *fakeHost) keep(ref libvirt.Ref, saved bool) {
	h.set(func() {
		d := h.domains[ref.UUID]
		d.saved = saved
		h.domains[ref.UUID] = d
	})
}

func (h *fakeHost) Saved(_ context.Context, ref libvirt.Ref) (bool, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	d, err := h.find(ref)
	return d.saved, err
}

func (h *fakeHost) Wake(ctx context.Context, ref libvirt.Ref) error { return h.Start(ctx, ref) }

func (h *fakeHost) Forget(ctx context.Context, ref libvirt.Ref) error {
	_, err := h.Saved(ctx, ref)
	if err == nil {
		h.keep(ref, false)
	}
	return err
}

func (h *fakeHost) Destroy(ctx context.Context, ref libvirt.Ref) error {
	return h.change(ctx, ref, libvirt.Running, libvirt.Off, nil)
}

func (h *fakeHost) Undefine(_ context.Context, ref libvirt.Ref) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	d, err := h.find(ref)
	switch {
	case err != nil:
		return err
	case d.transient:
		return errs.New(errs.Conflict, "libvirt_refused", "the domain has no definition")
	case h.states[d.name].Active():
		d.transient = true
		h.domains[ref.UUID] = d
	default:
		h.remove(ref)
	}
	return nil
}

func (h *fakeHost) remove(ref libvirt.Ref) {
	delete(h.states, h.domains[ref.UUID].name)
	delete(h.domains, ref.UUID)
}

// find needs the lock.
func (h *fakeHost) find(ref libvirt.Ref) (fakeDomain, error) {
	d, defined := h.domains[ref.UUID]
	switch {
	case uuid.Validate(ref.UUID) != nil:
		return d, errs.New(errs.Invalid, "invalid_uuid", "domain %s has no valid UUID: %q", ref.Name, ref.UUID)
	case !defined:
		return d, errs.New(errs.NotFound, "no_such_domain", "no domain %s", ref.Name)
	}
	return d, nil
}

func (h *fakeHost) change(ctx context.Context, ref libvirt.Ref, from, to libvirt.State, count *int) error {
	h.mu.Lock()
	hangs := h.hang[ref.Name]
	h.mu.Unlock()
	if hangs {
		<-ctx.Done()
		return ctx.Err()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	d, err := h.find(ref)
	switch {
	case h.away:
		return errAway
	case err != nil:
		return err
	case from == libvirt.Off && h.fail != nil:
		return h.fail
	case h.states[d.name] != from:
		return errs.New(errs.Conflict, "libvirt_refused", "the domain is %s", h.states[d.name])
	}
	if h.states[d.name] = to; count != nil {
		*count++
	}
	h.turned(ref, d, from, to)
	return nil
}

// turned does what comes of a change of state.
func (h *fakeHost) turned(ref libvirt.Ref, d fakeDomain, from, to libvirt.State) {
	switch {
	case from == to:
		return
	case to == libvirt.Paused:
	case to == libvirt.Running && from == libvirt.Off:
		d.run++
		h.domains[ref.UUID] = d
	case d.transient:
		h.remove(ref)
	}
	select {
	case h.changed <- libvirt.Event{Ref: ref, State: to}:
	default: // nobody listens
	}
}

// set changes the fake under the lock.
func (h *fakeHost) set(f func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f()
}

// memoryRows are rows in memory.
type memoryRows struct {
	mu       sync.Mutex
	machines map[int64]*Machine
}

func (r *memoryRows) Seed(context.Context, int64) ([]compute.CloudinitFile, error) { return nil, nil }

func (r *memoryRows) Wish(_ context.Context, present []int64) ([]Machine, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []Machine
	for key, m := range r.machines {
		if settled := m.Last.Settled && m.PowerSeq <= m.Last.DoneSeq; !settled || m.Deleted || slices.Contains(present, key) {
			out = append(out, *m)
		}
	}
	return out, nil
}

func (r *memoryRows) Report(_ context.Context, facts []Fact) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, f := range facts {
		r.machines[f.Machine].Last = f.Status
	}
	return nil
}

func (r *memoryRows) Close(context.Context, int64, []held.Gap) error { return nil }

func (r *memoryRows) Purge(_ context.Context, keys []int64) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, key := range keys {
		delete(r.machines, key)
	}
	return nil
}

func (r *memoryRows) edit(key int64, f func(*Machine)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f(r.machines[key])
}

// get returns a machine; one that is purged has key 0.
func (r *memoryRows) get(key int64) Machine {
	r.mu.Lock()
	defer r.mu.Unlock()
	if m := r.machines[key]; m != nil {
		return *m
	}
	return Machine{}
}
