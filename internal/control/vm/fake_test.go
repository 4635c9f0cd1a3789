package vm

import (
	"context"
	"slices"
	"sync"

	"dewpoint/internal/errs"
	"dewpoint/internal/host/libvirt"
	"dewpoint/internal/model/compute"
)

// fakeHost is a libvirt in memory that can be told to hang or to be away: what the real one won't do on demand.
type fakeHost struct {
	mu      sync.Mutex
	states  map[string]libvirt.State // by domain name
	away    bool
	hang    map[string]bool // domains whose calls hang until their deadline
	fail    error           // of every start
	starts  int
	resets  int
	changed chan libvirt.Event
}

func newFakeHost() *fakeHost {
	return &fakeHost{states: map[string]libvirt.State{}, hang: map[string]bool{}, changed: make(chan libvirt.Event, 100)}
}

var errAway = errs.New(errs.Unavailable, "libvirt_down", "libvirt is not running")

func (h *fakeHost) HostInfo(context.Context) (libvirt.HostInfo, error) {
	return libvirt.HostInfo{Emulator: "/qemu", MachineTypes: []string{"q35"}, RunUID: -1, RunGID: -1}, nil
}

func (h *fakeHost) List(context.Context, string) ([]libvirt.Info, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.away {
		return nil, errAway
	}
	var out []libvirt.Info
	for name, state := range h.states {
		out = append(out, libvirt.Info{Ref: libvirt.Ref{Name: name}, State: state})
	}
	return out, nil
}

func (h *fakeHost) Holds(context.Context, libvirt.Ref) (libvirt.Holds, error) {
	return libvirt.Holds{}, nil
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

// Define takes the name out of the XML the cheap way.
func (h *fakeHost) Define(_ context.Context, xml string) (libvirt.Ref, error) {
	return libvirt.Ref{Name: between(xml, "<name>", "</name>")}, nil
}

func (h *fakeHost) Start(ctx context.Context, ref libvirt.Ref) error {
	return h.change(ctx, ref, libvirt.Off, libvirt.Running, &h.starts)
}

// The operations that tests ask for.
const (
	PowerOn  = compute.PowerOn
	PowerOff = compute.PowerOff
	Kill     = compute.Kill
	Reset    = compute.Reset
	Reboot   = compute.Reboot
)

func (h *fakeHost) Power(ctx context.Context, ref libvirt.Ref, op string) error {
	switch op {
	case Kill:
		return h.Destroy(ctx, ref)
	case Reset:
		return h.change(ctx, ref, libvirt.Running, libvirt.Running, &h.resets)
	}
	return h.change(ctx, ref, libvirt.Running, libvirt.Running, nil)
}

func (h *fakeHost) Destroy(ctx context.Context, ref libvirt.Ref) error {
	return h.change(ctx, ref, libvirt.Running, libvirt.Off, nil)
}

func (h *fakeHost) Undefine(_ context.Context, ref libvirt.Ref) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, defined := h.states[ref.Name]; !defined {
		return errs.New(errs.NotFound, "no_such_domain", "no domain %s", ref.Name)
	}
	delete(h.states, ref.Name)
	return nil
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
	have, defined := h.states[ref.Name]
	switch {
	case h.away:
		return errAway
	case from == libvirt.Off && h.fail != nil:
		return h.fail
	case from == libvirt.Off && !defined:
		have = libvirt.Off
	}
	if have != from {
		return errs.New(errs.Conflict, "libvirt_refused", "the domain is %s", have)
	}
	h.states[ref.Name] = to
	if count != nil {
		*count++
	}
	return nil
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
