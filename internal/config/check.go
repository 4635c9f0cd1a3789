package config

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"strconv"
)

// check holds the options against each other and against the host, and makes paths absolute.
func (c *Config) check() error {
	return errors.Join(c.checkListen(), c.checkPaths(), c.checkDatabase(), c.checkTLS())
}

func (c *Config) checkListen() error {
	_, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return fmt.Errorf("listen: %q is not an address such as :7770 or 127.0.0.1:7770", c.Listen)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("listen: %q is not a port number", port)
	}
	return nil
}

func (c *Config) checkPaths() error {
	for name, path := range map[string]*string{"data": &c.Data, "libvirt_socket": &c.LibvirtSocket, "release_dir": &c.ReleaseDir} {
		if *path == "" {
			return fmt.Errorf("%s: needs a path", name)
		}
		abs, err := filepath.Abs(*path)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		*path = abs
	}
	return nil
}

// checkDatabase says nothing of what was given, since a password may stand in it.
func (c *Config) checkDatabase() error {
	u, err := url.Parse(c.Database.Reveal())
	if c.Database != "" && (err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql") {
		return errors.New("database: needs an address such as postgres://user:password@host:5432/name, or nothing for SQLite in the data directory")
	}
	return nil
}

func (c *Config) checkTLS() error {
	switch {
	case c.TLSCert == "" && c.TLSKey == "":
		return nil
	case c.TLSCert == "" || c.TLSKey == "":
		return errors.New("tls_cert and tls_key belong together: give both or neither")
	case c.InsecureHTTP:
		return errors.New("insecure_http and tls_cert exclude each other")
	}
	if _, err := tls.LoadX509KeyPair(c.TLSCert, c.TLSKey); err != nil {
		return fmt.Errorf("tls_cert and tls_key: %w", err)
	}
	return nil
}
