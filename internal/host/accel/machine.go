package accel

import (
	"context"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// run loads the guest into a fresh KVM virtual machine and returns how long it ran until its HLT.
func run(ctx context.Context, device string, g guest, limit time.Duration) (time.Duration, error) {
	vm, err := newMachine(device, g)
	if err != nil {
		return 0, err
	}
	done := make(chan ended, 1)
	var tid atomic.Int64
	go func() {
		runtime.LockOSThread() // signals are sent to this very thread; it is not reused after the test
		tid.Store(int64(unix.Gettid()))
		took, err := vm.run()
		vm.close()
		done <- ended{took, err}
	}()
	return wait(ctx, vm, done, &tid, limit)
}

// ended is how a guest's run came out.
type ended struct {
	took time.Duration
	err  error
}

// wait gives the guest its time. After that it is broken off: the flag ends a KVM_RUN that is about to begin, the signal one that is
// under way (SIGURG is the Go runtime's own, and harmless at any time). A thread that not even that frees is left behind, not waited for.
func wait(ctx context.Context, vm *machine, done <-chan ended, tid *atomic.Int64, limit time.Duration) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	select {
	case e := <-done:
		return e.took, e.err
	case <-ctx.Done():
	}
	vm.stop.Store(true)
	for range 20 {
		if id := tid.Load(); id != 0 {
			_ = unix.Tgkill(unix.Getpid(), int(id), unix.SIGURG)
		}
		select {
		case <-done:
			return 0, fmt.Errorf("did not end within %v", limit)
		case <-time.After(5 * time.Millisecond):
		}
	}
	return 0, fmt.Errorf("did not end within %v and can't be stopped", limit)
}

// machine is a KVM virtual machine with one CPU.
type machine struct {
	kvm, vm, vcpu int
	memory, state []byte // guest memory and struct kvm_run, both mapped
	stop          atomic.Bool
}

func newMachine(device string, g guest) (*machine, error) {
	m := &machine{kvm: -1, vm: -1, vcpu: -1}
	if err := m.create(device, g); err != nil {
		m.close()
		return nil, err
	}
	if err := m.setCPU(g); err != nil {
		m.close()
		return nil, err
	}
	return m, nil
}

func (m *machine) create(device string, g guest) error {
	var err error
	if m.kvm, err = unix.Open(device, unix.O_RDWR|unix.O_CLOEXEC, 0); err != nil {
		return fmt.Errorf("opening %s: %w", device, err)
	}
	version, err := ioctl(m.kvm, kvmGetAPIVersion, 0)
	if err != nil {
		return fmt.Errorf("%s does not speak KVM: %w", device, err)
	}
	if version != kvmAPIVersion {
		return fmt.Errorf("%s has KVM interface version %d, not %d", device, version, kvmAPIVersion)
	}
	if m.vm, err = ioctl(m.kvm, kvmCreateVM, 0); err != nil {
		return fmt.Errorf("creating a virtual machine: %w", err)
	}
	// Only old Intel CPUs need it, and only they and their kin know it: others may refuse.
	_, _ = ioctl(m.vm, kvmSetTSSAddr, tssAddr)
	if m.memory, err = unix.Mmap(-1, 0, len(g.memory), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_ANONYMOUS); err != nil {
		return fmt.Errorf("mapping guest memory: %w", err)
	}
	copy(m.memory, g.memory)
	region := memoryRegion{size: uint64(len(m.memory)), hostPtr: uint64(uintptr(unsafe.Pointer(&m.memory[0])))}
	if err := ioctlPtr(m.vm, kvmSetUserMemoryRegion, unsafe.Pointer(&region)); err != nil {
		return fmt.Errorf("giving the guest memory: %w", err)
	}
	if m.vcpu, err = ioctl(m.vm, kvmCreateVCPU, 0); err != nil {
		return fmt.Errorf("creating a CPU: %w", err)
	}
	size, err := ioctl(m.kvm, kvmGetVCPUMmapSize, 0)
	if err != nil {
		return fmt.Errorf("asking for the CPU state's size: %w", err)
	}
	if m.state, err = unix.Mmap(m.vcpu, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED); err != nil {
		return fmt.Errorf("mapping the CPU state: %w", err)
	}
	return nil
}

// setCPU puts the CPU where the guest begins.
func (m *machine) setCPU(g guest) error {
	var s sregs
	if err := ioctlPtr(m.vcpu, kvmGetSregs, unsafe.Pointer(&s)); err != nil {
		return fmt.Errorf("reading CPU registers: %w", err)
	}
	s.cs.base, s.cs.selector = 0, 0
	if g.paging {
		enterLongMode(&s)
	}
	if err := ioctlPtr(m.vcpu, kvmSetSregs, unsafe.Pointer(&s)); err != nil {
		return fmt.Errorf("setting CPU registers: %w", err)
	}
	const always = 0x2 // bit 1 of rflags is fixed to one
	if err := ioctlPtr(m.vcpu, kvmSetRegs, unsafe.Pointer(&regs{rip: g.entry, rflags: always})); err != nil {
		return fmt.Errorf("setting CPU registers: %w", err)
	}
	return nil
}

// enterLongMode sets what a kernel sets on its way to 64-bit mode (Intel SDM 3A, 9.8.5), in one step.
func enterLongMode(s *sregs) {
	const (
		protection, paging = 1 << 0, 1 << 31 // CR0.PE, CR0.PG
		extension          = 1 << 4          // CR0.ET, always one
		pae                = 1 << 5          // CR4.PAE
		lme, lma           = 1 << 8, 1 << 10 // EFER
	)
	s.cr0, s.cr3, s.cr4, s.efer = protection|paging|extension, pageRoot, pae, lme|lma
	code := segment{limit: 0xffffffff, selector: 1 << 3, kind: 11, present: 1, s: 1, l: 1, g: 1}
	data := segment{limit: 0xffffffff, selector: 2 << 3, kind: 3, present: 1, s: 1, db: 1, g: 1}
	s.cs = code
	s.ds, s.es, s.fs, s.gs, s.ss = data, data, data, data, data
}

// run lets the CPU run until its HLT and returns the time that took.
func (m *machine) run() (time.Duration, error) {
	begin := time.Now()
	for {
		if m.stop.Load() {
			m.state[immediateExitAt] = 1
		}
		_, err := ioctl(m.vcpu, kvmRun, 0)
		reason := *(*uint32)(unsafe.Pointer(&m.state[exitReasonAt]))
		switch {
		case (err == unix.EINTR || err == nil && reason == exitINTR) && !m.stop.Load():
			continue // a signal of the runtime's own
		case err != nil:
			return 0, fmt.Errorf("running: %w", err)
		case reason == exitHLT:
			return time.Since(begin), nil
		default:
			return 0, fmt.Errorf("stopped with KVM exit reason %d instead of its HLT", reason)
		}
	}
}

func (m *machine) close() {
	for _, mapped := range [][]byte{m.state, m.memory} {
		if mapped != nil {
			_ = unix.Munmap(mapped)
		}
	}
	for _, fd := range []int{m.vcpu, m.vm, m.kvm} {
		if fd >= 0 {
			_ = unix.Close(fd)
		}
	}
}
