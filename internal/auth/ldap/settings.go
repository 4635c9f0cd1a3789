package ldap

import (
	"cmp"
	"crypto/x509"
	"encoding/json"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	ldaplib "github.com/go-ldap/ldap/v3"

	"dewpoint/internal/errs"
)

// Placeholder is what stands in templates for the name of who logs in.
const Placeholder = "{name}"

// The time that one check may take, in seconds.
const (
	usualTimeout = 5
	mostTimeout  = 30
)

// settings are the members of the settings' object. Their JSON names are the wire's.
type settings struct {
	url          string
	startTLS     bool
	plaintext    bool
	ca           string
	userDN       string
	baseDN       string
	userFilter   string
	bindDN       string
	bindPassword string
	timeout      int64
}

// members says where each member of the object goes, and what it must be.
func (s *settings) members() map[string]member {
	return map[string]member{
		"url": {&s.url, "a string"}, "starttls": {&s.startTLS, "true or false"}, "plaintext": {&s.plaintext, "true or false"},
		"ca": {&s.ca, "a string"}, "user_dn": {&s.userDN, "a string"}, "base_dn": {&s.baseDN, "a string"},
		"user_filter": {&s.userFilter, "a string"}, "bind_dn": {&s.bindDN, "a string"}, "bind_password": {&s.bindPassword, "a string"},
		"timeout": {&s.timeout, "a number of seconds"},
	}
}

type member struct {
	into any
	kind string
}

// Parse reads the settings of a server, an object. Its secrets may be left out where before, the settings that these replace, has them: they
// are taken over as long as they go to the same account of the same server. Whoever changes where a password is sent has to know it. An
// error is Invalid, on the column settings, and names the member.
func Parse(object map[string]json.RawMessage, before *Server) (*Server, error) {
	s := &Server{settings: settings{timeout: usualTimeout}}
	known := s.members()
	for _, name := range slices.Sorted(maps.Keys(object)) {
		m, ok := known[name]
		if !ok {
			return nil, invalid(name, "isn't known; known are %s", errs.Ours(strings.Join(slices.Sorted(maps.Keys(known)), ", ")))
		}
		if json.Unmarshal(object[name], m.into) != nil {
			return nil, invalid(name, "must be %s", m.kind)
		}
	}
	s.userFilter = cmp.Or(s.userFilter, "(uid="+Placeholder+")")
	for _, step := range []func() error{s.readURL, s.readCA, s.checkNames} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	if _, given := object["bind_password"]; !given && before != nil && s.sendsTo(before) {
		s.bindPassword = before.bindPassword
	}
	if s.timeout < 1 || s.timeout > mostTimeout {
		return nil, invalid("timeout", "must be 1 to %d seconds", mostTimeout)
	}
	return s, s.checkAccount()
}

// sendsTo reports whether the password for searches is that of the same account of the same server, and goes there the same way.
func (s *Server) sendsTo(other *Server) bool {
	return s.address == other.address && s.tls == other.tls && s.startTLS == other.startTLS && s.ca == other.ca && s.bindDN == other.bindDN
}

// Secrets returns the members of the settings that must not be shown.
func (s *Server) Secrets() map[string]string {
	return map[string]string{"bind_password": s.bindPassword}
}

// readURL finds out where the server is, and refuses to send passwords there that others could read.
func (s *Server) readURL() error {
	u, err := url.Parse(s.url)
	if err != nil || u.Scheme != "ldap" && u.Scheme != "ldaps" || u.Hostname() == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return invalid("url", "must be ldap://host, ldaps://host, or such with a port")
	}
	port := u.Port()
	if s.tls = u.Scheme == "ldaps"; port == "" {
		port = ldaplib.DefaultLdapPort
		if s.tls {
			port = ldaplib.DefaultLdapsPort
		}
	}
	s.host, s.address = u.Hostname(), net.JoinHostPort(u.Hostname(), port)
	local := net.ParseIP(s.host).IsLoopback() || s.host == "localhost"
	switch {
	case s.tls && s.startTLS:
		return invalid("starttls", "is for ldap://; ldaps:// has TLS from the start")
	case !s.tls && !s.startTLS && !s.plaintext && !local:
		return invalid("starttls", "must be true with ldap://, because passwords can be read on the network otherwise; to allow that, set plaintext")
	}
	return nil
}

// readCA reads the certificates that the server's must come from; without any those of the host count.
func (s *Server) readCA() error {
	if s.ca == "" {
		return nil
	}
	if !s.tls && !s.startTLS {
		return invalid("ca", "needs TLS")
	}
	s.roots = x509.NewCertPool()
	if !s.roots.AppendCertsFromPEM([]byte(s.ca)) {
		return invalid("ca", "must be certificates in PEM form")
	}
	return nil
}

// checkNames checks how an account is found: by its DN, made of the name, or by a search.
func (s *Server) checkNames() error {
	switch {
	case (s.userDN == "") == (s.baseDN == ""):
		return invalid("base_dn", "or user_dn must be given, but not both: accounts are searched below base_dn, or user_dn is their DN")
	case s.userDN != "":
		if !strings.Contains(s.userDN, Placeholder) {
			return invalid("user_dn", "must hold %s", Placeholder)
		}
		return checkDN("user_dn", s.userDNOf("name"))
	case !strings.Contains(s.userFilter, Placeholder):
		return invalid("user_filter", "must hold %s", Placeholder)
	}
	if _, err := ldaplib.CompileFilter(s.filterOf("name")); err != nil {
		return invalid("user_filter", "isn't an LDAP filter, such as (uid=%s)", Placeholder)
	}
	return checkDN("base_dn", s.baseDN)
}

// checkAccount checks the account that searches are made with.
func (s *Server) checkAccount() error {
	switch {
	case s.bindDN == "" && s.bindPassword == "":
		return nil
	case s.userDN != "":
		return invalid("bind_dn", "needs base_dn")
	case s.bindDN == "":
		return invalid("bind_dn", "is required with bind_password")
	case s.bindPassword == "":
		return invalid("bind_password", "is missing; it has to be given again when the server, the way to it or bind_dn changes")
	}
	return checkDN("bind_dn", s.bindDN)
}

func checkDN(name, text string) error {
	dn, err := ldaplib.ParseDN(text)
	if err != nil {
		return invalid(name, "isn't a DN, such as ou=people,dc=example,dc=org")
	}
	if len(dn.RDNs) == 0 {
		return invalid(name, "is empty")
	}
	return nil
}

func invalid(name, format string, args ...any) error {
	return errs.Field("settings", "%s "+format, append([]any{name}, args...)...)
}

// Timeout is how long one check may take.
func (s *Server) Timeout() time.Duration { return time.Duration(s.timeout) * time.Second }
