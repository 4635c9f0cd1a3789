package node

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/google/renameio/v2"
)

// machineIDText is the form of machine-id(5); a host that never finished its first boot has "uninitialized" or nothing there.
var machineIDText = regexp.MustCompile(`^[0-9a-f]{32}$`)

// machineID returns what tells this host from others: its /etc/machine-id, or else a random one that is kept in the data directory.
func machineID(root fs.FS, data string) (string, error) {
	if id, err := readLine(root, "etc/machine-id"); err == nil && machineIDText.MatchString(id) {
		return id, nil
	}
	return keptID(data, "node-id")
}

// serverID returns what tells this data directory from others. It moves with the directory.
func serverID(data string) (string, error) { return keptID(data, "server-id") }

// keptID returns the random id that is kept in a file of the data directory.
func keptID(data, name string) (string, error) {
	path := filepath.Join(data, name)
	text, err := os.ReadFile(path)
	if err == nil {
		if id := strings.TrimSpace(string(text)); machineIDText.MatchString(id) {
			return id, nil
		}
		return "", fmt.Errorf("%s holds no id (32 hex digits)", path)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("reading the %s: %w", name, err)
	}
	id := randomHex(16)
	if err := renameio.WriteFile(path, []byte(id+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("keeping the %s: %w", name, err)
	}
	return id, nil
}

// randomHex returns n random bytes in hex.
func randomHex(n int) string {
	raw := make([]byte, n)
	rand.Read(raw)
	return hex.EncodeToString(raw)
}
