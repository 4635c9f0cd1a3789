package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"dewpoint/internal/api/front"
	"dewpoint/internal/config"
	"dewpoint/internal/control/cert"
	"dewpoint/internal/datadir"
	"dewpoint/internal/host/access"
	"dewpoint/internal/store"
)

// The limits of a connection. Uploads and streams take as long as they take; a client that sends no header doesn't.
const (
	headerLimit   = 15 * time.Second
	idleLimit     = 2 * time.Minute
	mostHeader    = 256 << 10 // a filter of 100 KB travels in the request line
	shutdownLimit = 10 * time.Second
)

// bidding is what one start is told and the configuration does not hold.
type bidding struct {
	adopt         bool   // a data directory and a database that do not know each other belong together from now on
	adminPassword string // of the first start; "" has one made up
}

// serve runs the whole program until ctx ends. Guests, routers and their services go on without it.
func serve(ctx context.Context, cfg config.Config, given bidding, log *slog.Logger) error {
	unlock, err := datadir.Lock(ctx, cfg.Data)
	if err != nil {
		return err
	}
	defer unlock()
	if err := access.Close(cfg.Data); err != nil {
		return fmt.Errorf("closing the data directory to other users: %w", err)
	}
	n, err := openNode(ctx, cfg, given, log)
	if err != nil {
		return err
	}
	defer n.close()
	listener, url, known, err := listen(cfg)
	if err != nil {
		return err
	}
	n.relay = n.relayAddress(listener.Addr())
	handler := n.connections.Guard(n.handler())
	if known {
		handler = front.Strict(handler)
	}
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: headerLimit, IdleTimeout: idleLimit, MaxHeaderBytes: mostHeader,
		BaseContext: func(net.Listener) context.Context { return store.Requested(context.Background()) },
		ConnState:   n.connections.Count,
		ErrorLog:    slog.NewLogLogger(log.Handler(), slog.LevelDebug), // handshakes that strangers broke off
	}
	server.RegisterOnShutdown(n.bus.Close)      // feeds have no end of their own
	server.RegisterOnShutdown(n.consoles.Close) // nor have consoles
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serving: %w", err)
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownLimit)
		defer cancel()
		if err := server.Shutdown(ending); err != nil {
			return server.Close() // some client holds on: it is cut off
		}
		return nil
	})
	n.run(ctx, group)
	if n.password != "" {
		fmt.Printf("dewpoint: first start: the password of admin is: %s\n", n.password)
	}
	fmt.Printf("dewpoint: ready on %s\n", url)
	err = group.Wait()
	log.Info("stopped")
	return err
}

// listen opens the port and returns the URL at which it answers; known says that browsers can know the certificate.
func listen(cfg config.Config) (l net.Listener, url string, known bool, err error) {
	l, err = net.Listen("tcp", cfg.Listen)
	if err != nil {
		return nil, "", false, fmt.Errorf("opening the port: %w", err)
	}
	host, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		l.Close()
		return nil, "", false, err
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	address := net.JoinHostPort(host, port)
	if cfg.InsecureHTTP {
		return l, "http://" + address, false, nil
	}
	c, err := certificate(cfg)
	if err != nil {
		l.Close()
		return nil, "", false, err
	}
	return tls.NewListener(l, &tls.Config{
		Certificates: []tls.Certificate{c}, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"},
	}), "https://" + address, !cert.IsSelfSigned(c), nil
}

func certificate(cfg config.Config) (tls.Certificate, error) {
	if cfg.TLSCert != "" {
		return cert.Load(cfg.TLSCert, cfg.TLSKey)
	}
	return cert.SelfSigned(cfg.Data, time.Now())
}

// adminPassword returns the password that the environment gives admin at first start.
func adminPassword() string { return strings.TrimSpace(os.Getenv("DEWPOINT_ADMIN_PASSWORD")) }
