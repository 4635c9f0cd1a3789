// Package libvirt talks to libvirtd by its RPC protocol over the unix socket. Every call has a deadline, and a connection of its own
// while it lasts: a call that is stuck, because one QEMU or the whole daemon hangs, ends at its deadline by closing that connection and
// delays no other call. Connections are kept for the next call and made anew when they were lost, so the daemon may come and go.
//
// Errors are errs kinds: NotFound (no such domain), Conflict (not in the domain's present state), Invalid (libvirt refuses the
// definition), Unavailable (no answer in time, or no daemon), else Internal.
package libvirt

import (
	"context"
	"time"

	golibvirt "github.com/digitalocean/go-libvirt"
)

// DefaultSocket is where libvirtd listens.
const DefaultSocket = "/var/run/libvirt/libvirt-sock"

// Limits of the calls when the caller's context ends no sooner.
const (
	readLimit  = 10 * time.Second // calls that libvirtd answers by itself
	verbLimit  = 20 * time.Second // calls that ask QEMU
	startLimit = 60 * time.Second // calls that make a QEMU process
	saveLimit  = 10 * time.Minute // calls that write or read a guest's memory
	hostLimit  = 10 * time.Minute // the first look at a QEMU program: libvirt runs it to learn what it can do
)

// maxIdle is how many connections are kept open between calls.
const maxIdle = 8

// Client is a way to one libvirtd and driver. It is safe for concurrent use. Close it at the end.
type Client struct {
	socket string
	uri    golibvirt.ConnectURI
	idle   chan *conn
}

// New makes a client without connecting. Empty arguments mean DefaultSocket and qemu:///system.
func New(socket, uri string) *Client {
	if socket == "" {
		socket = DefaultSocket
	}
	if uri == "" {
		uri = string(golibvirt.QEMUSystem)
	}
	return &Client{socket: socket, uri: golibvirt.ConnectURI(uri), idle: make(chan *conn, maxIdle)}
}

// Close closes the connections that no call is using. The client can still be used after it.
func (c *Client) Close() {
	for {
		select {
		case held := <-c.idle:
			held.close()
		default:
			return
		}
	}
}

// take returns a live connection, kept or new.
func (c *Client) take(ctx context.Context) (*conn, error) {
	for {
		select {
		case held := <-c.idle:
			if held.alive() {
				return held, nil
			}
			held.close()
		default:
			return dial(ctx, c.socket, c.uri)
		}
	}
}

// put keeps a connection for the next call, or closes it when there are enough or it is lost.
func (c *Client) put(used *conn) {
	if !used.alive() {
		used.close()
		return
	}
	select {
	case c.idle <- used:
	default:
		used.close()
	}
}

// call runs one RPC on a connection of its own and returns by the limit at the latest. doing says what it does, for the error.
func call[T any](ctx context.Context, c *Client, limit time.Duration, doing string, rpc func(*golibvirt.Libvirt) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var none T
	used, err := c.take(ctx)
	if err != nil {
		return none, translate(ctx, doing, err)
	}
	value, err := within(ctx, used, rpc)
	if err != nil && ctx.Err() != nil {
		used.close()
	} else {
		c.put(used)
	}
	if err != nil {
		return none, translate(ctx, doing, err)
	}
	return value, nil
}

// run is call for RPCs that return nothing.
func run(ctx context.Context, c *Client, limit time.Duration, doing string, rpc func(*golibvirt.Libvirt) error) error {
	_, err := call(ctx, c, limit, doing, func(l *golibvirt.Libvirt) (struct{}, error) { return struct{}{}, rpc(l) })
	return err
}
