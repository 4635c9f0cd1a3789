package cert

import (
	"bytes"
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
