package accel

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// The ioctl numbers and layouts of Documentation/virt/kvm/api.rst for x86.
const (
	kvmGetAPIVersion       = 0xae00
	kvmCreateVM            = 0xae01
	kvmGetVCPUMmapSize     = 0xae04
	kvmCreateVCPU          = 0xae41
	kvmSetTSSAddr          = 0xae47
	kvmSetUserMemoryRegion = 0x4020ae46
	kvmRun                 = 0xae80
	kvmSetRegs             = 0x4090ae82
	kvmGetSregs            = 0x8138ae83
	kvmSetSregs            = 0x4138ae84

	kvmAPIVersion = 12
	exitHLT       = 5
	exitINTR      = 10

	immediateExitAt = 1 // offsets in struct kvm_run
	exitReasonAt    = 8

	tssAddr = 0xfffbd000 // three free pages that old Intel CPUs need for real mode
)

type memoryRegion struct {
	slot, flags              uint32
	guestAddr, size, hostPtr uint64
}

// regs is struct kvm_regs: rax to r15, then rip and rflags.
type regs struct {
	general     [16]uint64
	rip, rflags uint64
}

type segment struct {
	base                                    uint64
	limit                                   uint32
	selector                                uint16
	kind, present, dpl, db, s, l, g, avl, x uint8
	_                                       uint8
}

type table struct {
	base  uint64
	limit uint16
	_     [3]uint16
}

// sregs is struct kvm_sregs.
type sregs struct {
	cs, ds, es, fs, gs, ss, tr, ldt segment
	gdt, idt                        table
	cr0, cr2, cr3, cr4, cr8         uint64
	efer, apicBase                  uint64
	interrupts                      [4]uint64
}

func ioctl(fd int, request, arg uintptr) (int, error) {
	value, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, arg)
	if errno != 0 {
		return -1, errno
	}
	return int(value), nil
}

func ioctlPtr(fd int, request uintptr, arg unsafe.Pointer) error {
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, uintptr(arg)); errno != 0 {
		return errno
	}
	return nil
}
