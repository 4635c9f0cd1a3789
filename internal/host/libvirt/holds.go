package libvirt

import "context"

// Holds is what a domain has of the host, as its definition in use says: of a running domain what its QEMU has opened.
type Holds struct {
	Files []string // paths that its disks are read from
	Ports []Port
	// Screen is how its screen is shown, as vms.console calls it: vnc or spice; empty where it has none.
	Screen string
}

// Port is where a network card of a domain is plugged in.
type Port struct {
	Device string // the host's end of the card
	Bridge string
	Down   bool // its link
}

// Holds asks what a domain has. It waits for no QEMU.
func (c *Client) Holds(ctx context.Context, ref Ref) (h Holds, err error) {
	domain, err := c.Describe(ctx, ref)
	if err != nil || domain.Devices == nil {
		return h, err
	}
	for _, disk := range domain.Devices.Disks {
		if disk.Source != nil && disk.Source.File != nil {
			h.Files = append(h.Files, disk.Source.File.File)
		}
	}
	for _, card := range domain.Devices.Interfaces {
		if card.Source != nil && card.Source.Bridge != nil && card.Target != nil {
			h.Ports = append(h.Ports, Port{Device: card.Target.Dev, Bridge: card.Source.Bridge.Bridge, Down: card.Link != nil && card.Link.State == "down"})
		}
	}
	for _, screen := range domain.Devices.Graphics {
		switch {
		case screen.VNC != nil:
			h.Screen = "vnc"
		case screen.Spice != nil:
			h.Screen = "spice"
		}
	}
	return h, nil
}
