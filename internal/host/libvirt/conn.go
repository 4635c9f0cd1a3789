package libvirt

import (
	"context"
	"net"

	golibvirt "github.com/digitalocean/go-libvirt"
)

// conn is one connection to libvirtd, used by one call at a time. go-libvirt knows no deadlines; closing the socket under it makes
// whatever waits there return.
type conn struct {
	net net.Conn
	rpc *golibvirt.Libvirt
}

// made is the dialer of a connection that exists.
type made struct{ net.Conn }

func (m made) Dial() (net.Conn, error) { return m.Conn, nil }

// dial connects and opens the driver within ctx.
func dial(ctx context.Context, socket string, uri golibvirt.ConnectURI) (*conn, error) {
	var d net.Dialer
	stream, err := d.DialContext(ctx, "unix", socket)
	if err != nil {
		return nil, &noDaemonError{err}
	}
	c := &conn{net: stream, rpc: golibvirt.NewWithDialer(made{stream})}
	if _, err := within(ctx, c, func(l *golibvirt.Libvirt) (struct{}, error) { return struct{}{}, l.ConnectToURI(uri) }); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

// within runs f on c until it returns or ctx ends; then the connection is closed, which ends f soon after.
func within[T any](ctx context.Context, c *conn, f func(*golibvirt.Libvirt) (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := f(c.rpc)
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		c.close()
		var none T
		return none, ctx.Err()
	}
}

// alive reports whether the other side has not hung up.
func (c *conn) alive() bool { return c.rpc.IsConnected() }

func (c *conn) close() { _ = c.net.Close() }
