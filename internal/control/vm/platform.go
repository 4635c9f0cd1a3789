package vm

import (
	"context"
	"os"
	"strings"
	"sync"
	"sync/atomic"

	"dewpoint/internal/host/domxml"
)

// platform remembers what libvirt said of this node, so that a start asks nothing twice.
type platform struct {
	host     Host
	firmware domxml.Firmware
	asking   sync.Mutex
	known    atomic.Pointer[node]
}

// node is what a start has to know.
type node struct {
	domxml.Host
	uid, gid int // of QEMU processes
}

// get returns the node, asking libvirt when nothing is known. The first time that may take long: libvirt tries out each QEMU.
func (p *platform) get(ctx context.Context) (node, error) {
	p.asking.Lock()
	defer p.asking.Unlock()
	if known := p.known.Load(); known != nil {
		return *known, nil
	}
	info, err := p.host.HostInfo(ctx)
	if err != nil {
		return node{}, err
	}
	fresh := node{
		Host: domxml.Host{Emulator: info.Emulator, MachineTypes: info.MachineTypes, Firmware: p.firmware},
		uid:  info.RunUID, gid: info.RunGID,
	}
	p.known.Store(&fresh)
	return fresh, nil
}

// forget drops what is known. It never blocks.
func (p *platform) forget() { p.known.Store(nil) }

// ReadBootID returns the id of the running kernel's boot (random(4)); it differs after every restart of the host.
func ReadBootID() (string, error) {
	text, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return strings.TrimSpace(string(text)), err
}
