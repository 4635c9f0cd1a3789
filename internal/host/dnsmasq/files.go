package dnsmasq

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/google/renameio/v2"

	"dewpoint/internal/errs"
)

// Files are the texts a dnsmasq is run by.
type Files struct {
	Conf  string
	Hosts string
}

// Files renders both texts.
func (c Config) Files() (Files, error) {
	conf, err := c.Render()
	if err != nil {
		return Files{}, err
	}
	hosts, err := c.RenderHosts()
	return Files{Conf: conf, Hosts: hosts}, err
}

// Conf returns the path of the configuration in dir. Being on the command line, it is the mark by which List knows a process.
func Conf(dir string) string { return filepath.Join(dir, confFile) }

// Write puts both files into dir, which it makes. The configuration comes last: see Announced.
func Write(dir string, f Files) error {
	u, err := findUser()
	if err != nil {
		return err
	}
	if err = u.makeFolders(dir); err == nil {
		err = u.replace(filepath.Join(dir, hostsFile), f.Hosts)
	}
	if err == nil {
		err = u.replace(Conf(dir), f.Conf)
	}
	return fileError(err, "writing the dnsmasq files")
}

// Read returns the texts in dir, empty ones where there is no file.
func Read(dir string) (Files, error) {
	conf, err := read(Conf(dir))
	if err != nil {
		return Files{}, err
	}
	hosts, err := read(filepath.Join(dir, hostsFile))
	return Files{Conf: conf, Hosts: hosts}, err
}

func read(path string) (string, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return string(text), fileError(err, "reading the dnsmasq files")
}

// Announced reports whether the running dnsmasq has been told of the reservations in dir. Write makes the configuration the
// newer file, Reload makes the reservations the newer one until its signal is out: so a crash between the two shows.
func Announced(dir string) (bool, error) {
	conf, err := os.Stat(Conf(dir))
	if err != nil {
		return false, fileError(err, "reading the dnsmasq files")
	}
	hosts, err := os.Stat(filepath.Join(dir, hostsFile))
	if err != nil {
		return false, fileError(err, "reading the dnsmasq files")
	}
	return !hosts.ModTime().After(conf.ModTime()), nil
}

// writeUnannounced replaces the reservations and makes them newer than the configuration, whatever the clock's grain.
func writeUnannounced(dir, hosts string) error {
	path := filepath.Join(dir, hostsFile)
	u, err := findUser()
	if err != nil {
		return err
	}
	pending, err := renameio.NewPendingFile(path, renameio.WithPermissions(0o640))
	if err != nil {
		return fileError(err, "writing the reservations")
	}
	defer pending.Cleanup()
	if _, err = pending.WriteString(hosts); err == nil {
		err = pending.Chown(0, int(u.gid))
	}
	if err == nil {
		err = setNewer(pending.Name(), Conf(dir), time.Second)
	}
	if err == nil {
		err = pending.CloseAtomicallyReplace()
	}
	return fileError(err, "writing the reservations")
}

// setNewer dates path by so much after the file than.
func setNewer(path, than string, by time.Duration) error {
	st, err := os.Stat(than)
	if err != nil {
		return err
	}
	return os.Chtimes(path, time.Time{}, st.ModTime().Add(by))
}

// Remove deletes dir with all of dnsmasq's files, leases too. Stop its dnsmasq first.
func Remove(dir string) error { return fileError(os.RemoveAll(dir), "removing the dnsmasq files") }

func fileError(err error, doing string) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return errs.Wrap(err, errs.NotFound, "dnsmasq_files", "%s: they don't exist", errs.Ours(doing))
	case isFull(err):
		return errs.Wrap(err, errs.Full, "disk_full", "%s: the disk is full", errs.Ours(doing))
	}
	return errs.New(errs.Internal, "dnsmasq_files", "%s: %w", errs.Ours(doing), err)
}
