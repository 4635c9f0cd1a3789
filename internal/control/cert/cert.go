// Package cert provides the server's TLS certificate: the one that the configuration names, or a self-signed one that is made at first
// start and renewed before it ends.
package cert

import (
	"bytes"
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

// IsSelfSigned reports whether nobody else has signed the certificate.
func IsSelfSigned(c tls.Certificate) bool {
	return c.Leaf == nil || bytes.Equal(c.Leaf.RawIssuer, c.Leaf.RawSubject)
}

// SelfSigned returns the certificate kept in dir, and makes a new one when there is none, when it ends within 30 days of now or begins after
// it, as when the clock was ahead, or when it lacks this host's name or an address that the host has for good. It is good for the name,
// localhost and these addresses; who has trusted it by hand need not do so again because the host got another address for a while.
func SelfSigned(dir string, now time.Time) (tls.Certificate, error) {
	file := filepath.Join(dir, "tls.pem")
	c, err := tls.LoadX509KeyPair(file, file)
	names, failed := hostNames()
	if failed != nil {
		return c, fmt.Errorf("finding the names for a certificate: %w", failed)
	}
	if err == nil && c.Leaf != nil && fresh(c.Leaf, now) && names.in(c.Leaf) {
		return c, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return c, fmt.Errorf("reading the self-signed certificate: %w; remove %s to have a new one made", err, file)
	}
	text, err := sign(names, now)
	if err != nil {
		return c, fmt.Errorf("making a self-signed certificate: %w", err)
	}
	if err := renameio.WriteFile(file, text, 0o600); err != nil {
		return c, fmt.Errorf("keeping the self-signed certificate: %w", err)
	}
	return tls.X509KeyPair(text, text)
}

// sign makes a key and a certificate and returns both as PEM.
func sign(n names, now time.Time) ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: n.dns[0], Organization: []string{"Dewpoint self-signed"}},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(validity),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames: n.dns, IPAddresses: n.ips, BasicConstraintsValid: true,
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
