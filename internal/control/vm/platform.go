package vm

import (
	"context"
	"os"
	"strings"
	"sync"
	"sync/atomic"

	"dewpoint/internal/host/child"
	"dewpoint/internal/host/domxml"
)

// platform remembers what libvirt said of this node, so that a start asks nothing twice.
type platform struct {
	host   Host
	given  domxml.Host // what needs no asking
	asking sync.Mutex
	known  atomic.Pointer[node]
}

// node is what a start has to know.
type node struct {
	domxml.Host
	uid, gid int // of QEMU processes
}

func newPlatform(cfg Config, host Host) *platform {
	return &platform{host: host, given: domxml.Host{Firmware: cfg.Firmware, CPUFlaws: cfg.CPUFlaws, NoHostCPU: cfg.NoHostCPU}}
}

// get returns the node, asking libvirt when nothing is known. The first time that may take long: libvirt tries out each QEMU.
func (p *platform) get(ctx context.Context) (node, error) {
	p.asking.Lock()
	defer p.asking.Unlock()
	if known := p.known.Load(); known != nil {
		now := *known
		now.TPM = canTPM()
		return now, nil
	}
	info, err := p.host.HostInfo(ctx)
	if err != nil {
		return node{}, err
	}
	fresh := node{
		Host: p.given,
		uid:  info.RunUID, gid: info.RunGID,
	}
	fresh.Emulator, fresh.MachineTypes = info.Emulator, info.MachineTypes
	p.known.Store(&fresh)
	fresh.TPM = canTPM()
	return fresh, nil
}

// canTPM reports whether libvirt finds what it emulates TPMs by. It looks at each start, as libvirt does: the packages may come at any time.
func canTPM() bool {
	return child.Has("swtpm") && child.Has("swtpm_setup")
}

// forget drops what is known. It never blocks.
func (p *platform) forget() { p.known.Store(nil) }

// ReadBootID returns the id of the running kernel's boot (random(4)); it differs after every restart of the host.
func ReadBootID() (string, error) {
	text, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return strings.TrimSpace(string(text)), err
}
