// Package cert provides the server's TLS certificate: the one that the configuration names, or a self-signed one that is made at first
// start and renewed before it ends.
package cert

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/google/renameio/v2"
)

// Browsers accept no certificate for longer than 825 days, even one that the user trusts by hand.
const (
	validity = 820 * 24 * time.Hour
	renewal  = 30 * 24 * time.Hour
)

// Load reads the certificate and key from two PEM files.
func Load(certFile, keyFile string) (tls.Certificate, error) {
	c, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return c, fmt.Errorf("reading the TLS certificate: %w", err)
	}
	return c, nil
}

// SelfSigned returns the certificate kept in dir, and makes a new one when there is none or it ends within 30 days of now. It is good for
// this host's name, localhost and all addresses that the host has.
func SelfSigned(dir string, now time.Time) (tls.Certificate, error) {
	file := filepath.Join(dir, "tls.pem")
	c, err := tls.LoadX509KeyPair(file, file)
	if err == nil && c.Leaf != nil && now.Add(renewal).Before(c.Leaf.NotAfter) {
		return c, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return c, fmt.Errorf("reading the self-signed certificate: %w; remove %s to have a new one made", err, file)
	}
	text, err := sign(now)
	if err != nil {
		return c, fmt.Errorf("making a self-signed certificate: %w", err)
	}
	if err := renameio.WriteFile(file, text, 0o600); err != nil {
		return c, fmt.Errorf("keeping the self-signed certificate: %w", err)
	}
	return tls.X509KeyPair(text, text)
}

// sign makes a key and a certificate and returns both as PEM.
func sign(now time.Time) ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	name, err := os.Hostname()
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name, Organization: []string{"Dewpoint self-signed"}},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(validity),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames: []string{name, "localhost"}, IPAddresses: addresses(), BasicConstraintsValid: true,
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})...), nil
}

// addresses lists what the host can be reached at now; later ones are covered by its name only.
func addresses() []net.IP {
	found := []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	all, err := net.InterfaceAddrs()
	if err != nil {
		return found
	}
	for _, a := range all {
		if n, ok := a.(*net.IPNet); ok && !n.IP.IsLoopback() {
			found = append(found, n.IP)
		}
	}
	return found
}
