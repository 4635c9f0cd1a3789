package main

import (
	"context"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"

	"dewpoint/internal/console"
	"dewpoint/internal/control/vm"
	"dewpoint/internal/host/access"
	"dewpoint/internal/host/domxml"
	"dewpoint/internal/mark"
)

// newConsoles makes the consoles of this node. Another server's VMs have none here.
func newConsoles(n *node) *console.Service {
	c := console.Config{DB: n.db, Node: n.identity.Node, Log: n.log}
	if n.identity.Keeper == "" {
		c.Host = screens{n}
	}
	return console.New(c)
}

// keepConsoles keeps the rows that say who looks.
func (n *node) keepConsoles(ctx context.Context) error {
	if n.identity.Keeper != "" {
		return nil
	}
	return n.consoles.Run(ctx)
}

// screens implements console.Host.
type screens struct{ *node }

func (s screens) folder(name string) string { return filepath.Join(s.cfg.Data, "machines", name) }

// Dial implements console.Host.
func (s screens) Dial(ctx context.Context, folder string, kind console.Kind) (net.Conn, error) {
	name := map[console.Kind]string{console.VNC: domxml.VNCSocket, console.SPICE: domxml.SPICESocket, console.Serial: domxml.SerialSocket}[kind]
	return access.Dial(ctx, s.folder(folder), domxml.SocketFolder, name)
}

// Log implements console.Host.
func (s screens) Log(folder string, most int64) (io.ReadCloser, error) {
	return access.Tail(s.folder(folder), domxml.SerialLog, most)
}

// Screenshot implements console.Host.
func (s screens) Screenshot(ctx context.Context, machine int64) ([]byte, error) {
	ref, err := s.client.Find(ctx, mark.Instance(s.identity.Instance).Domain(machine))
	if err != nil {
		return nil, err
	}
	return s.client.Screenshot(ctx, ref)
}

// relayAddress is where people reach the consoles: at the public URL, or where the server listens.
func (n *node) relayAddress(listener net.Addr) vm.Address {
	at := vm.Address{Host: "localhost"}
	if name, err := os.Hostname(); err == nil {
		at.Host = name
	}
	if tcp, ok := listener.(*net.TCPAddr); ok {
		at.Port = tcp.Port
		if !tcp.IP.IsUnspecified() {
			at.Host = tcp.IP.String()
		}
	}
	if u := n.cfg.PublicURL; u != nil {
		at.Host = u.Hostname()
		at.Port = map[string]int{"http": 80, "https": 443}[u.Scheme]
		if port, err := strconv.Atoi(u.Port()); err == nil {
			at.Port = port
		}
	}
	return at
}
