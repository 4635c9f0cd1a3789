// Package ldaptest runs an OpenLDAP server for a test: that of the host's installation, as a user without rights, with a configuration and
// files of its own in a temporary directory, on free ports of the loopback address. It ends with the test.
package ldaptest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	osuser "os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// What the directory holds. People are ann and bob, with the passwords of their names; twin is there twice. Everybody may log in, but only
// the reader may search.
const (
	Base           = "dc=example,dc=org"
	People         = "ou=people," + Base
	Reader         = "cn=reader," + Base
	ReaderPassword = "readers password"
	AnnPassword    = "anns password"
	BobPassword    = "bobs password"
	// OddName is a name that would be something else if it were put into a filter or a DN as it is.
	OddName     = `o*d)(d, x=y\#`
	OddPassword = "odd password"
)

// limit bounds starting and stopping.
const limit = 30 * time.Second

// Server is a running OpenLDAP.
type Server struct {
	Address string // plain and with STARTTLS
	Secure  string // with TLS from the start
	CA      string // the certificate, in PEM; it is good for localhost and 127.0.0.1

	t      testing.TB
	dir    string
	as     *syscall.SysProcAttr
	cmd    *exec.Cmd
	ended  chan struct{} // closed when the process has
	output bytes.Buffer  // may be read then
}

// Start starts a server and waits until it answers. Without an installed one the test is skipped, or fails where CI is true.
func Start(t testing.TB) *Server {
	t.Helper()
	if _, err := exec.LookPath("slapd"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("no OpenLDAP server is installed; on Debian it is the package slapd")
		}
		t.Skip("no OpenLDAP server is installed; on Debian it is the package slapd")
	}
	dir, err := os.MkdirTemp("", "dewpoint-ldap-") // those of t.TempDir are closed to other users
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{t: t, dir: dir, Address: FreeAddress(t), Secure: FreeAddress(t)}
	t.Cleanup(func() {
		s.Stop()
		os.RemoveAll(dir)
	})
	s.own()
	s.certify()
	s.write("slapd.conf", fmt.Sprintf(config, s.dir, Base))
	s.write("people.ldif", people)
	s.run("slapadd", "-f", "slapd.conf", "-l", "people.ldif")
	s.Resume()
	return s
}

// config is that of the server; %[1]s is its directory.
const config = `include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile %[1]s/pid
TLSCertificateFile %[1]s/certificate.pem
TLSCertificateKeyFile %[1]s/key.pem
database mdb
suffix "%[2]s"
directory %[1]s/db
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="cn=reader,%[2]s" read by * none
`

// people is the directory's content. The values behind two colons are OddName, as part of the entry's DN and as its uid.
var people = "dn: " + Base + "\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: Example\n" +
	"\ndn: " + Reader + "\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: reader\nuserPassword: " + ReaderPassword + "\n" +
	"\ndn: " + People + "\nobjectClass: organizationalUnit\nou: people\n" +
	person("uid=ann", "ann", AnnPassword) + person("uid=bob", "bob", BobPassword) +
	person(`uid=o*d)(d\, x=y\\#`, OddName, OddPassword) + person("cn=one", "twin", "twin") + person("cn=two", "twin", "twin") +
	"\ndn: uid=keyless," + People + "\nobjectClass: inetOrgPerson\ncn: keyless\nsn: keyless\nuid: keyless\n"

func person(rdn, uid, password string) string {
	cn := uid
	if rdn == "cn=one" || rdn == "cn=two" {
		cn = rdn[len("cn="):]
	}
	return fmt.Sprintf("\ndn: %s,%s\nobjectClass: inetOrgPerson\ncn: %s\nsn: %s\nuid: %s\nuserPassword: %s\n", rdn, People, cn, uid, uid, password)
}

// Stop ends the process; Resume starts it again.
func (s *Server) Stop() {
	if s.cmd == nil {
		return
	}
	s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.ended:
	case <-time.After(limit):
		s.cmd.Process.Kill()
		<-s.ended
	}
	s.cmd = nil
}

// Resume starts the server and waits until it answers.
func (s *Server) Resume() {
	s.t.Helper()
	s.output.Reset()
	s.cmd = s.command("slapd", "-f", "slapd.conf", "-d", "0", "-h", "ldap://"+s.Address+"/ ldaps://"+s.Secure+"/")
	s.ended = make(chan struct{})
	started := make(chan error, 1)
	go func(cmd *exec.Cmd, ended chan struct{}) {
		defer close(ended)
		// It is killed with the thread that began it (prctl(2), PR_SET_PDEATHSIG), which must not be one that tests end.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // how it ended stands in its output
		}
	}(s.cmd, s.ended)
	if err := <-started; err != nil {
		s.t.Fatal(err)
	}
	for deadline := time.Now().Add(limit); ; time.Sleep(20 * time.Millisecond) {
		conn, err := net.Dial("tcp", s.Secure) // it opens this one last
		if err == nil {
			conn.Close()
			return
		}
		select {
		case <-s.ended:
			s.cmd = nil
			s.t.Fatalf("slapd ended at once:\n%s", s.output.String())
		default:
		}
		if time.Now().After(deadline) {
			s.t.Fatal("slapd doesn't answer")
		}
	}
}

// command makes a command that runs in the directory, as its owner.
func (s *Server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.SysProcAttr = s.dir, s.as
	cmd.Stdout, cmd.Stderr = &s.output, &s.output
	return cmd
}

func (s *Server) run(name string, args ...string) {
	s.t.Helper()
	if err := s.command(name, args...).Run(); err != nil {
		s.t.Fatalf("%s: %v\n%s", name, err, s.output.String())
	}
}

func (s *Server) write(name, content string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(content), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

// own makes the directory of the database. Where the test runs as root, the server doesn't: it is the package's user, and has that directory.
func (s *Server) own() {
	s.t.Helper()
	db := filepath.Join(s.dir, "db")
	if err := os.Mkdir(db, 0o700); err != nil {
		s.t.Fatal(err)
	}
	s.as = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // a test that is killed leaves no server
	if os.Geteuid() != 0 {
		return
	}
	user, err := osuser.Lookup("openldap")
	if err != nil {
		s.t.Fatal(err)
	}
	uid, _ := strconv.ParseUint(user.Uid, 10, 32)
	gid, _ := strconv.ParseUint(user.Gid, 10, 32)
	s.as.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	for _, path := range []string{s.dir, db} {
		if err := os.Chown(path, int(uid), int(gid)); err != nil {
			s.t.Fatal(err)
		}
	}
}

// certify makes the server's certificate, which it signs itself.
func (s *Server) certify() {
	s.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		s.t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		s.t.Fatal(err)
	}
	made, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "ldap.example.org"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}, &x509.Certificate{Subject: pkix.Name{CommonName: "ldap.example.org"}}, key.Public(), key)
	if err != nil {
		s.t.Fatal(err)
	}
	s.CA = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: made}))
	s.write("certificate.pem", s.CA)
	s.write("key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})))
}

// FreeAddress returns an address of the loopback interface where nobody listens.
func FreeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
