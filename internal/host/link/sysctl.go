package link

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// The kernel shows each thread the settings of its own network namespace here.
const sysctlDir = "/proc/sys/net"

// EnsureForwarding lets the namespace of the calling thread route IPv4. It is never switched off again here: on a host, others may need it.
func EnsureForwarding() error { return ensureSysctl("ipv4/ip_forward", "1") }

// Forwarding reports whether the namespace of the calling thread routes IPv4.
func Forwarding() (bool, error) {
	text, err := os.ReadFile(filepath.Join(sysctlDir, "ipv4/ip_forward"))
	return strings.TrimSpace(string(text)) == "1", translate(err, "reading ip_forward")
}

// quietIPv6 keeps IPv6 off one link: no link-local address, no router advertisement believed. A kernel without IPv6 is quiet already.
func quietIPv6(name string) error {
	for _, key := range []string{"accept_ra=0", "disable_ipv6=1"} {
		setting, value, _ := strings.Cut(key, "=")
		err := ensureSysctl(filepath.Join("ipv6/conf", name, setting), value)
		if errors.Is(err, fs.ErrNotExist) {
			if _, stat := os.Stat(filepath.Join(sysctlDir, "ipv6")); stat != nil {
				return nil
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// ensureSysctl writes only when the value differs. The path uses slashes, for a link name may hold dots.
func ensureSysctl(key, value string) error {
	path := filepath.Join(sysctlDir, key)
	text, err := os.ReadFile(path)
	if err == nil && strings.TrimSpace(string(text)) == value {
		return nil
	}
	if err == nil {
		err = os.WriteFile(path, []byte(value), 0o644)
	}
	return translate(err, "setting "+key)
}
