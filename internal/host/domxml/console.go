package domxml

import (
	"path/filepath"

	"libvirt.org/go/libvirtxml"
)

// maxVNCPassword is the protocol's: RFB takes the first eight bytes and ignores the rest, which would make a longer password a lie.
const maxVNCPassword = 8

// console attaches the graphical console on a unix socket in the folder that is QEMU's own. There is no TCP listener: the server lets people in.
func console(vm *VM, domain *libvirtxml.Domain) error {
	if err := plainText("console_pass", vm.ConsolePassword); err != nil {
		return err
	}
	socket := func(name string) []libvirtxml.DomainGraphicListener {
		path := filepath.Join(vm.Dir, SocketFolder, name)
		return []libvirtxml.DomainGraphicListener{{Socket: &libvirtxml.DomainGraphicListenerSocket{Socket: path}}}
	}
	var graphic libvirtxml.DomainGraphic
	switch vm.Row.Console {
	case "", "vnc":
		if len(vm.ConsolePassword) > maxVNCPassword {
			return invalid("console_pass", "a VNC password has at most %d bytes", maxVNCPassword)
		}
		graphic.VNC = &libvirtxml.DomainGraphicVNC{Passwd: vm.ConsolePassword, Listeners: socket(VNCSocket)}
	case "spice":
		graphic.Spice = &libvirtxml.DomainGraphicSpice{Passwd: vm.ConsolePassword, Listeners: socket(SPICESocket)}
	case "serial", "none":
		return nil
	default:
		return invalid("console", "%q is not a console: use vnc, spice, serial or none", vm.Row.Console)
	}
	domain.Devices.Graphics = []libvirtxml.DomainGraphic{graphic}
	return nil
}

// serial attaches the serial line, which every VM has, on a socket beside that of the screen: it takes one client at a time, the server, which lets
// viewers share it. What the guest writes is logged as well, so that the words of a guest that nobody looked at can be read later.
// docs/design/0031-consoles.md has why it is no pseudo-terminal.
func serial(vm *VM, domain *libvirtxml.Domain) error {
	port := uint(0)
	source := func() *libvirtxml.DomainChardevSource {
		path := filepath.Join(vm.Dir, SocketFolder, SerialSocket)
		return &libvirtxml.DomainChardevSource{UNIX: &libvirtxml.DomainChardevSourceUNIX{Mode: "bind", Path: path}}
	}
	domain.Devices.Serials = []libvirtxml.DomainSerial{{
		Source: source(),
		Target: &libvirtxml.DomainSerialTarget{Type: "isa-serial", Port: &port},
		Log:    &libvirtxml.DomainChardevLog{File: filepath.Join(vm.Dir, SerialLog), Append: "on"},
	}}
	domain.Devices.Consoles = []libvirtxml.DomainConsole{{
		Source: source(),
		Target: &libvirtxml.DomainConsoleTarget{Type: "serial", Port: &port},
	}}
	return nil
}
