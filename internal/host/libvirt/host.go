package libvirt

import (
	"context"
	"fmt"

	golibvirt "github.com/digitalocean/go-libvirt"
	"libvirt.org/go/libvirtxml"

	"dewpoint/internal/errs"
)

// HostInfo is what this libvirt and its QEMU are.
type HostInfo struct {
	LibvirtVersion string
	QEMUVersion    string
	Emulator       string   // path of the QEMU for 64-bit PCs
	MachineTypes   []string // that it has, aliases included
	CPUModels      []string // that libvirt and its QEMU know by name
	RunUID, RunGID int      // whom QEMU processes run as; both -1 when libvirt doesn't say
}

// HostInfo asks for the versions and abilities. The first call after an installation takes long: libvirt runs each QEMU once to learn them.
func (c *Client) HostInfo(ctx context.Context) (HostInfo, error) {
	return call(ctx, c, hostLimit, "reading the host's abilities", func(l *golibvirt.Libvirt) (HostInfo, error) {
		text, err := l.ConnectGetCapabilities()
		if err != nil {
			return HostInfo{}, err
		}
		info, err := parseCapabilities(text)
		if err != nil {
			return HostInfo{}, err
		}
		if info.CPUModels, _, err = l.ConnectGetCPUModelNames("x86_64", 1, 0); err != nil {
			return HostInfo{}, err
		}
		qemu, err := l.ConnectGetVersion()
		if err != nil {
			return HostInfo{}, err
		}
		library, err := l.ConnectGetLibVersion()
		info.QEMUVersion, info.LibvirtVersion = version(qemu), version(library)
		return info, err
	})
}

func parseCapabilities(text string) (HostInfo, error) {
	info := HostInfo{RunUID: -1, RunGID: -1}
	var caps libvirtxml.Caps
	if err := caps.Unmarshal(text); err != nil {
		return info, fmt.Errorf("reading libvirt's capabilities: %w", err)
	}
	for _, model := range caps.Host.SecModel {
		for _, label := range model.Labels {
			if model.Name == "dac" && label.Type == "qemu" {
				// "+UID:+GID"; anything else leaves both at -1.
				if _, err := fmt.Sscanf(label.Value, "+%d:+%d", &info.RunUID, &info.RunGID); err != nil {
					info.RunUID, info.RunGID = -1, -1
				}
			}
		}
	}
	for _, guest := range caps.Guests {
		if guest.OSType != "hvm" || guest.Arch.Name != "x86_64" {
			continue
		}
		info.Emulator = guest.Arch.Emulator
		for _, machine := range guest.Arch.Machines {
			info.MachineTypes = append(info.MachineTypes, machine.Name)
		}
		return info, nil
	}
	return info, errs.New(errs.Unavailable, "no_emulator", "libvirt has no QEMU for 64-bit PCs; install qemu-system-x86")
}

// version takes libvirt's number apart: major × 1,000,000 + minor × 1,000 + release.
func version(n uint64) string { return fmt.Sprintf("%d.%d.%d", n/1_000_000, n/1000%1000, n%1000) }
