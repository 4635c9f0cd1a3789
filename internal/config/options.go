package config

import (
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
)

// Option is one thing that can be configured. Its name is that of the flag ("log-level"); the file has it with underscores
// (log_level), the environment in capitals behind DEWPOINT_ (DEWPOINT_LOG_LEVEL).
type Option struct {
	Name, Doc, Default string
	Bool               bool // a flag that needs no value

	set func(*Config, string) error
}

var options = []Option{
	{Name: "listen", Default: ":7770", Doc: "address to serve on", set: text(func(c *Config) *string { return &c.Listen })},
	{Name: "data", Default: "/var/lib/dewpoint", Doc: "data directory", set: text(func(c *Config) *string { return &c.Data })},
	{Name: "database", Doc: "postgres:// address of the database (default: SQLite in the data directory); set it in the file, because other users can see flags", set: func(c *Config, s string) error {
		c.Database = Secret(s)
		return nil
	}},
	{Name: "backup-passphrase", Doc: "passphrase that seals backups of the database; without it they contain all secrets in plain text; set it in the file, because other users can see flags", set: func(c *Config, s string) error {
		c.BackupPassphrase = Secret(s)
		return nil
	}},
	{Name: "insecure-http", Default: "false", Bool: true, Doc: "serve plain HTTP, for tests on loopback addresses", set: func(c *Config, s string) (err error) {
		c.InsecureHTTP, err = yesNo(s)
		return err
	}},
	{Name: "tls-cert", Doc: "certificate file (PEM) (default: self-signed)", set: text(func(c *Config) *string { return &c.TLSCert })},
	{Name: "tls-key", Doc: "key file (PEM) of the certificate", set: text(func(c *Config) *string { return &c.TLSKey })},
	{Name: "public-url", Doc: "URL at which clients reach the server, such as https://cloud.example.org (default: taken from each request)", set: publicURL},
	{Name: "trusted-proxies", Doc: "comma-separated addresses and networks of the proxies whose Forwarded and X-Forwarded-* headers are trusted", set: proxies},
	{Name: "cors-origins", Default: "*", Doc: "comma-separated origins of web pages that can call the APIs, such as https://panel.example.org; * for all, empty for none", set: origins},
	{Name: "reserve-mib", Default: "0", Doc: "MiB that uploads, files and new disks leave free in every file system; 0 means 2 %, but at least 1 GiB (less on small file systems)", set: func(c *Config, s string) error {
		mib, err := number(s, 1<<30)
		c.Reserve = mib << 20
		return err
	}},
	{Name: "unfinished-files", Default: "100", Doc: "the maximum number of unfinished files and uploads of one user", set: func(c *Config, s string) error {
		n, err := number(s, 1<<20)
		c.UnfinishedFiles = int(n)
		return err
	}},
	{Name: "libvirt-socket", Default: "/run/libvirt/libvirt-sock", Doc: "socket of libvirtd", set: text(func(c *Config) *string { return &c.LibvirtSocket })},
	{Name: "release-dir", Default: "/var/lib/libvirt/images", Doc: "folder for the disks of VMs that are given to libvirt", set: text(func(c *Config) *string { return &c.ReleaseDir })},
	{Name: "accelerator", Doc: "kvm or qemu (default: the result of the self-test)", set: oneOf(func(c *Config) *string { return &c.Accelerator }, "", "kvm", "qemu")},
	{Name: "log-level", Default: "info", Doc: "debug, info, warn or error", set: func(c *Config, s string) (err error) {
		c.LogLevel, err = level(s)
		return err
	}},
	{Name: "log-format", Default: "text", Doc: "text or json", set: oneOf(func(c *Config) *string { return &c.LogFormat }, "text", "json")},
}

// Options lists all options, for whoever defines the flags. The slice is the caller's.
func Options() []Option { return slices.Clone(options) }

func (o Option) key() string      { return strings.ReplaceAll(o.Name, "-", "_") }
func (o Option) variable() string { return envPrefix + strings.ToUpper(o.key()) }

func optionList() string {
	names := make([]string, len(options))
	for i, o := range options {
		names[i] = o.key()
	}
	return strings.Join(names, ", ")
}

func text(at func(*Config) *string) func(*Config, string) error {
	return func(c *Config, s string) error { *at(c) = s; return nil }
}

func oneOf(at func(*Config) *string, allowed ...string) func(*Config, string) error {
	return func(c *Config, s string) error {
		if !slices.Contains(allowed, s) {
			return fmt.Errorf("%q is not one of %s", s, strings.Join(slices.DeleteFunc(slices.Clone(allowed), func(a string) bool { return a == "" }), ", "))
		}
		*at(c) = s
		return nil
	}
}

func number(s string, most int64) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 || n > most {
		return 0, fmt.Errorf("%q is not a whole number from 0 to %d", s, most)
	}
	return n, nil
}

func yesNo(s string) (bool, error) {
	b, err := strconv.ParseBool(s)
	if err != nil {
		return false, fmt.Errorf("%q is neither true nor false", s)
	}
	return b, nil
}

func level(s string) (slog.Level, error) {
	for _, l := range []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError} {
		if strings.EqualFold(l.String(), s) {
			return l, nil
		}
	}
	return 0, fmt.Errorf("%q is not one of debug, info, warn, error", s)
}
