package config

import (
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var defaults = Config{
	Listen: ":7770", Data: "/var/lib/dewpoint", CORSOrigins: []string{"*"}, UnfinishedFiles: 100, LibvirtSocket: "/run/libvirt/libvirt-sock", ReleaseDir: "/var/lib/libvirt/images", LogLevel: slog.LevelInfo, LogFormat: "text",
}

func environment(vars map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		v, ok := vars[name]
		return v, ok
	}
}

func writeFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "dewpoint.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestDefaultsWithoutAFile(t *testing.T) {
	t.Parallel()
	missing := filepath.Join(t.TempDir(), "none.toml")
	got, err := load(missing, true, environment(nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(defaults, got); d != "" {
		t.Error(d)
	}
	if _, err := Load(missing, environment(nil), nil); err == nil {
		t.Error("a file that was named and isn't there is no error")
	}
}

func TestLaterSourcesWin(t *testing.T) {
	t.Parallel()
	file := writeFile(t, "listen = '127.0.0.1:1'\nlog_level = 'debug'\nlog_format = 'json'\ninsecure_http = true\naccelerator = 'kvm'\n")
	env := environment(map[string]string{"DEWPOINT_LISTEN": "127.0.0.1:2", "DEWPOINT_LOG_LEVEL": "WARN", "DEWPOINT_ACCELERATOR": ""})
	got, err := Load(file, env, map[string]string{"listen": "127.0.0.1:3", "data": "/srv/d"})
	if err != nil {
		t.Fatal(err)
	}
	want := defaults
	want.Listen, want.Data, want.LogLevel, want.LogFormat, want.InsecureHTTP = "127.0.0.1:3", "/srv/d", slog.LevelWarn, "json", true
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		file  string
		env   map[string]string
		flags map[string]string
		want  []string // all of them stand in the error
	}{
		"unknown key":           {file: "lisen = ':1'", want: []string{"dewpoint.toml: lisen: there is no such option", "log_level"}},
		"unknown table":         {file: "[tls]\ncert = 'x'", want: []string{"tls must be a string"}},
		"not TOML":              {file: "listen ::", want: []string{"dewpoint.toml"}},
		"unknown flag":          {flags: map[string]string{"speed": "9"}, want: []string{"--speed: there is no such option"}},
		"several at once":       {env: map[string]string{"DEWPOINT_LOG_LEVEL": "loud"}, flags: map[string]string{"accelerator": "xen"}, want: []string{`DEWPOINT_LOG_LEVEL: "loud"`, `--accelerator: "xen" is not one of kvm, qemu`}},
		"bad boolean":           {env: map[string]string{"DEWPOINT_INSECURE_HTTP": "maybe"}, want: []string{`DEWPOINT_INSECURE_HTTP: "maybe" is neither true nor false`}},
		"listen without a port": {flags: map[string]string{"listen": "localhost"}, want: []string{"listen: \"localhost\""}},
		"listen port too big":   {flags: map[string]string{"listen": ":99999"}, want: []string{`"99999" is not a port`}},
		"no data directory":     {flags: map[string]string{"data": ""}, want: []string{"data: needs a path"}},
		"half a certificate":    {flags: map[string]string{"tls-cert": "/x"}, want: []string{"belong together"}},
		"certificate missing":   {flags: map[string]string{"tls-cert": "/nonexistent/c", "tls-key": "/nonexistent/k"}, want: []string{"/nonexistent/c"}},
		"public URL's path":     {flags: map[string]string{"public-url": "https://a.example/cloud"}, want: []string{"--public-url", "only a scheme and a host"}},
		"public URL's scheme":   {flags: map[string]string{"public-url": "a.example"}, want: []string{"only a scheme and a host"}},
		"proxy by name":         {flags: map[string]string{"trusted-proxies": "127.0.0.1,proxy"}, want: []string{`"proxy" is neither an address`}},
		"proxy with host bits":  {flags: map[string]string{"trusted-proxies": "192.0.2.1/24"}, want: []string{`"192.0.2.1/24" is neither`}},
		"origin with a path":    {flags: map[string]string{"cors-origins": "https://a.example/x"}, want: []string{"--cors-origins", "only a scheme and a host"}},
		"all origins and one":   {flags: map[string]string{"cors-origins": "*, https://a.example"}, want: []string{`"*" isn't a URL`}},
		"TLS and not TLS":       {flags: map[string]string{"tls-cert": "/x", "tls-key": "/y", "insecure-http": "true"}, want: []string{"exclude each other"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Load(writeFile(t, test.file), environment(test.env), test.flags)
			if err == nil {
				t.Fatal("accepted")
			}
			for _, w := range test.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("error %q doesn't hold %q", err, w)
				}
			}
		})
	}
}

func TestRelativePathsBecomeAbsolute(t *testing.T) {
	t.Parallel()
	got, err := Load(writeFile(t, ""), environment(nil), map[string]string{"data": "here/data"})
	if err != nil {
		t.Fatal(err)
	}
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(wd, "here/data"); got.Data != want {
		t.Errorf("data is %s, want %s", got.Data, want)
	}
}

func TestEdge(t *testing.T) {
	t.Parallel()
	got, err := Load(writeFile(t, "public_url = 'https://Cloud.example:8443/'\ntrusted_proxies = '127.0.0.1, 2001:db8::/32'\ncors_origins = 'https://Panel.example,http://localhost:5173'\n"), environment(nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	proxies := []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("2001:db8::/32")}
	origins := []string{"https://panel.example", "http://localhost:5173"}
	if got.PublicURL.String() != "https://cloud.example:8443" || !slices.Equal(got.TrustedProxies, proxies) || !slices.Equal(got.CORSOrigins, origins) {
		t.Errorf("public URL %v, proxies %v, origins %v", got.PublicURL, got.TrustedProxies, got.CORSOrigins)
	}
	none, err := Load(writeFile(t, ""), environment(map[string]string{"DEWPOINT_CORS_ORIGINS": ""}), nil)
	if err != nil || none.CORSOrigins != nil {
		t.Errorf("no origins: %v, %v", none.CORSOrigins, err)
	}
}
