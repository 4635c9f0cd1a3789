// Package ldap has an LDAP server (OpenLDAP, Active Directory) check passwords: it binds as who logs in. Nothing is read of an entry but
// its DN, and nothing is written.
package ldap

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"

	ldaplib "github.com/go-ldap/ldap/v3"

	"dewpoint/internal/errs"
)

// Server is an LDAP server as its settings say. It is safe for concurrent use and holds no connection.
type Server struct {
	settings
	host, address string
	tls           bool // from the start
	roots         *x509.CertPool
}

// Answer is what the server said to a name and password.
type Answer struct {
	OK      bool
	DN      string // of the entry, or "" when there is none
	Refusal error  // why the server said no, for the log alone
}

// Refusals that need no server.
var (
	errEmpty   = errors.New("empty passwords are never right")
	errNoEntry = errors.New("no entry matches")
)

// Check asks the server whether the password is that of name. An empty password is never right: servers take a bind without a password as one
// by nobody, and let it in. An error is Unavailable: the server doesn't answer, or not as it should; its text tells nothing of it, its
// cause all. Check takes no longer than Timeout, nor than ctx.
func (s *Server) Check(ctx context.Context, name, password string) (Answer, error) {
	if name == "" || password == "" {
		return Answer{Refusal: errEmpty}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.Timeout())
	defer cancel()
	a, err := s.ask(ctx, name, password)
	if err != nil {
		return a, errs.Wrap(fmt.Errorf("asking %s: %w", s.address, err), errs.Unavailable, "auth_source_away",
			"the server that knows the password of this account doesn't answer; try again later, or tell an administrator")
	}
	return a, nil
}

func (s *Server) ask(ctx context.Context, name, password string) (a Answer, err error) {
	conn, hangUp, err := s.connect(ctx)
	if err != nil {
		return a, err
	}
	defer hangUp()
	a.DN, err = s.find(conn, name)
	switch {
	case errors.Is(err, ErrAmbiguous):
		a.Refusal = err
		return a, nil
	case err != nil:
		return a, err
	}
	if a.DN == "" {
		a.Refusal = errNoEntry
		return a, nil
	}
	if err = conn.Bind(a.DN, password); refused(err) {
		a.Refusal = err
		return a, nil
	}
	a.OK = err == nil
	return a, err
}

// ErrAmbiguous is why a name is refused that belongs to several entries: nobody knows who is meant.
var ErrAmbiguous = errors.New("the name matches more than one entry")

// find returns the DN of the entry of a name, "" when there is none; ErrAmbiguous when there are several.
func (s *Server) find(conn *ldaplib.Conn, name string) (string, error) {
	if s.userDN != "" {
		return s.userDNOf(name), nil
	}
	if s.bindDN != "" {
		if err := conn.Bind(s.bindDN, s.bindPassword); err != nil {
			return "", fmt.Errorf("binding as %s: %w", s.bindDN, err)
		}
	}
	found, err := conn.Search(ldaplib.NewSearchRequest(s.baseDN, ldaplib.ScopeWholeSubtree, ldaplib.NeverDerefAliases, 2, int(s.timeout), false,
		s.filterOf(name), []string{"1.1"}, nil)) // 1.1: no attributes, RFC 4511 section 4.5.1.8
	if err != nil && !ldaplib.IsErrorWithCode(err, ldaplib.LDAPResultSizeLimitExceeded) {
		return "", fmt.Errorf("searching %s: %w", s.baseDN, err)
	}
	switch {
	case len(found.Entries) == 0:
		return "", nil
	case len(found.Entries) > 1:
		return "", fmt.Errorf("%w: %s below %s", ErrAmbiguous, s.filterOf(name), s.baseDN)
	case found.Entries[0].DN == "":
		return "", errors.New("the entry found has no name, and a bind without one is a bind by nobody")
	}
	return found.Entries[0].DN, nil
}

// filterOf and userDNOf put a name into the templates, where it can't be anything but a value.
func (s *Server) filterOf(name string) string {
	return strings.ReplaceAll(s.userFilter, Placeholder, ldaplib.EscapeFilter(name))
}

func (s *Server) userDNOf(name string) string {
	return strings.ReplaceAll(s.userDN, Placeholder, ldaplib.EscapeDN(name))
}

// refused reports whether the error of a bind is the server's word that this one may not enter. Servers say it in several ways: when there
// is no such entry, when it has no password, is locked or expired (draft-behera-ldap-password-policy section 8, [MS-ADTS] 5.1.1.2).
func refused(err error) bool {
	return ldaplib.IsErrorAnyOf(err, ldaplib.LDAPResultInvalidCredentials, ldaplib.LDAPResultNoSuchObject, ldaplib.LDAPResultInappropriateAuthentication,
		ldaplib.LDAPResultInsufficientAccessRights, ldaplib.LDAPResultUnwillingToPerform, ldaplib.LDAPResultConstraintViolation, ldaplib.LDAPResultInvalidDNSyntax)
}
