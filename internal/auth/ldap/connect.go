package ldap

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"time"

	ldaplib "github.com/go-ldap/ldap/v3"
)

// mostBytes is what one conversation may bring: two names and some results.
const mostBytes = 256 << 10

// connect opens a connection, with TLS where the settings want it. It is cut when ctx ends; the caller hangs up before.
func (s *Server) connect(ctx context.Context) (_ *ldaplib.Conn, hangUp func(), err error) {
	var dialer net.Dialer
	raw, err := dialer.DialContext(ctx, "tcp", s.address)
	if err != nil {
		return nil, nil, err
	}
	stop := context.AfterFunc(ctx, func() { raw.SetDeadline(time.Unix(1, 0)) })
	var link net.Conn = &bounded{Conn: raw, left: mostBytes}
	if s.tls {
		secured := tls.Client(link, s.tlsConfig())
		if err := secured.HandshakeContext(ctx); err != nil {
			stop()
			raw.Close()
			return nil, nil, fmt.Errorf("starting TLS: %w", err)
		}
		link = secured
	}
	conn := ldaplib.NewConn(link, s.tls)
	conn.SetTimeout(s.Timeout())
	conn.Start()
	hangUp = func() {
		conn.Close() // the answer is known: how the connection ends is no matter
		stop()
	}
	if s.startTLS {
		if err := conn.StartTLS(s.tlsConfig()); err != nil {
			hangUp()
			return nil, nil, fmt.Errorf("starting TLS: %w", err)
		}
	}
	return conn, hangUp, nil
}

func (s *Server) tlsConfig() *tls.Config {
	return &tls.Config{ServerName: s.host, RootCAs: s.roots, MinVersion: tls.VersionTLS12}
}

// bounded is a connection that brings so many bytes and no more.
type bounded struct {
	net.Conn
	left int
}

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, io.ErrUnexpectedEOF
	}
	n, err := b.Conn.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}
