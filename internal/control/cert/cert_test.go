package cert

import (
	"bytes"
	"crypto/tls"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestSelfSignedIsKeptAndRenewed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	now := time.Now()
	first, err := SelfSigned(dir, now)
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Leaf.VerifyHostname("127.0.0.1"); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(filepath.Join(dir, "tls.pem")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key's file: %v, %v", info.Mode(), err)
	}
	again, err := SelfSigned(dir, now.Add(validity-renewal-time.Hour*2))
	if err != nil || !bytes.Equal(first.Certificate[0], again.Certificate[0]) {
		t.Errorf("a good certificate was replaced (%v)", err)
	}
	later, err := SelfSigned(dir, now.Add(validity-renewal+time.Hour*2))
	if err != nil || bytes.Equal(first.Certificate[0], later.Certificate[0]) {
		t.Errorf("an ending certificate was kept (%v)", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "tls.pem"), []byte("no PEM"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := SelfSigned(dir, now); err == nil {
		t.Error("a broken file was taken or overwritten")
	}
}

// TestSelfSignedNames has the certificate renewed when it lacks a name, or begins after the present, and holds it against the host's addresses.
func TestSelfSignedNames(t *testing.T) {
	t.Parallel()
	dir, now := t.TempDir(), time.Now()
	ahead, err := SelfSigned(dir, now.AddDate(9, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	c, err := SelfSigned(dir, now)
	if err != nil || bytes.Equal(ahead.Certificate[0], c.Certificate[0]) || now.Before(c.Leaf.NotBefore) {
		t.Errorf("a certificate of a clock that was ahead was kept (%v)", err)
	}
	for _, ip := range c.Leaf.IPAddresses {
		if ip.IsLinkLocalUnicast() {
			t.Errorf("%v means something else on each link", ip)
		}
	}
	if !IsSelfSigned(c) {
		t.Error("it doesn't know that it is self-signed")
	}
	n := namesOf("a.example", []netip.Addr{netip.MustParseAddr("192.0.2.1")})
	text, err := sign(n, now)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "tls.pem"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	if other, err := SelfSigned(dir, now); err != nil || other.Leaf.VerifyHostname("a.example") == nil {
		t.Errorf("a certificate for another name was kept (%v)", err)
	}
	one, err := tls.X509KeyPair(text, text)
	if err != nil {
		t.Fatal(err)
	}
	for other, in := range map[string]bool{"192.0.2.1": true, "192.0.2.2": false} {
		if got := namesOf("a.example", []netip.Addr{netip.MustParseAddr(other)}).in(one.Leaf); got != in {
			t.Errorf("a certificate for 192.0.2.1 is good for %s: %v", other, got)
		}
	}
}
