// Package config gathers what the person who runs the server decides: defaults in code, then the file, then DEWPOINT_* variables, then
// flags. Everything is checked at once at start; a key that nobody knows is an error, not a typing mistake found weeks later.
package config

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// DefaultFile is read when no other file is named; it needn't exist.
const DefaultFile = "/etc/dewpoint/dewpoint.toml"

// envPrefix begins the names of our environment variables.
const envPrefix = "DEWPOINT_"

// Config is the whole configuration, checked.
type Config struct {
	Listen           string // address to serve on, "host:port"; an empty host means all addresses, port 0 a free one
	Data             string // absolute path of the data directory
	Database         Secret // postgres:// address of the database; "" means SQLite in the data directory
	BackupPassphrase Secret // seals backups of the database; "" leaves them unsealed
	InsecureHTTP     bool   // serve plain HTTP: passwords and tokens travel in the clear
	TLSCert, TLSKey  string // PEM files of the server's certificate; both empty means a self-signed one
	// PublicURL is where clients reach the server, a scheme and a host; nil means that each request tells.
	PublicURL       *url.URL
	TrustedProxies  []netip.Prefix // whose headers Forwarded and X-Forwarded-* are believed
	CORSOrigins     []string       // of web pages that may read replies; "*" alone stands for all
	Reserve         int64          // bytes that stay free in every file system; 0 means by its size
	UnfinishedFiles int            // files and uploads that a user may have begun and not finished
	LibvirtSocket   string         // absolute path of libvirt's read-write socket
	ReleaseDir      string         // absolute path of the folder that gets the files of VMs that are given to libvirt
	Accelerator     string         // "kvm" or "qemu" overrides the self-test; "" leaves the choice to it
	LogLevel        slog.Level     // the least level that is logged
	LogFormat       string         // "text" or "json"
}

// Load puts the configuration together. File names the TOML file, which must exist then; with "" DefaultFile is read if it is there.
// Env looks up environment variables, as os.LookupEnv does; flags holds those that were given on the command line, by option name. The
// error lists everything that is wrong.
func Load(file string, env func(string) (string, bool), flags map[string]string) (Config, error) {
	if file == "" {
		return load(DefaultFile, true, env, flags)
	}
	return load(file, false, env, flags)
}

func load(file string, optional bool, env func(string) (string, bool), flags map[string]string) (Config, error) {
	var c Config
	var wrong []error
	for _, o := range options {
		if err := o.set(&c, o.Default); err != nil {
			return Config{}, fmt.Errorf("default of %s: %w", o.Name, err)
		}
	}
	inFile, err := readFile(file, optional)
	if err != nil {
		return Config{}, err
	}
	wrong = append(wrong, apply(&c, inFile, func(o Option) string { return file + ": " + o.key() })...)
	wrong = append(wrong, apply(&c, inEnv(env), func(o Option) string { return o.variable() })...)
	wrong = append(wrong, apply(&c, flags, func(o Option) string { return "--" + o.Name })...)
	if err := errors.Join(wrong...); err != nil {
		return Config{}, err
	}
	return c, c.check()
}

// apply sets the options that a source gives, by option name; where names the place in the source for error texts.
func apply(c *Config, given map[string]string, where func(Option) string) (wrong []error) {
	for _, name := range slices.Sorted(maps.Keys(given)) {
		i := slices.IndexFunc(options, func(o Option) bool { return o.Name == name })
		if i < 0 {
			wrong = append(wrong, fmt.Errorf("%s: there is no such option; the options are %s", where(Option{Name: name}), optionList()))
			continue
		}
		if err := options[i].set(c, given[name]); err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %w", where(options[i]), err))
		}
	}
	return wrong
}

// readFile returns the values of the TOML file as text, by option name.
func readFile(file string, optional bool) (map[string]string, error) {
	text, err := os.ReadFile(file)
	if optional && errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	var raw map[string]any
	if _, err := toml.Decode(string(text), &raw); err != nil {
		return nil, fmt.Errorf("reading %s: %w", file, err)
	}
	given := make(map[string]string, len(raw))
	for key, v := range raw {
		switch v.(type) {
		case string, bool, int64:
			given[strings.ReplaceAll(key, "_", "-")] = fmt.Sprint(v)
		default:
			return nil, fmt.Errorf("%s: %s must be a string, a number, true or false", file, key)
		}
	}
	return given, nil
}

// inEnv returns the options that the environment sets, by option name.
func inEnv(env func(string) (string, bool)) map[string]string {
	given := map[string]string{}
	for _, o := range options {
		if v, ok := env(o.variable()); ok {
			given[o.Name] = v
		}
	}
	return given
}

// Forget takes our variables out of the environment, once they are read: secrets stand there, and no library or child needs them.
func Forget() error {
	for _, v := range os.Environ() {
		name, _, _ := strings.Cut(v, "=")
		if !strings.HasPrefix(name, envPrefix) {
			continue
		}
		if err := os.Unsetenv(name); err != nil {
			return fmt.Errorf("taking %s out of the environment: %w", name, err)
		}
	}
	return nil
}
