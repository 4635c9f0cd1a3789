package libvirt

import (
	"context"
	"net"
	"os"
	"strings"
	"time"

	"dewpoint/internal/errs"
	"dewpoint/internal/host/child"
)

// logSocket is where virtlogd listens, which writes the serial logs.
const logSocket = "/var/run/libvirt/virtlogd-sock"

// daemonLimit bounds each command that starts a daemon, and the wait for its socket.
const daemonLimit = 30 * time.Second

// EnsureRunning sees to it that libvirtd answers on the socket: by the systemd unit where there is systemd, else by starting the daemons
// by hand, with /dev/kvm open to QEMU. It reports whether it had to start anything. Unavailable when that did not help, and when the
// socket is not DefaultSocket and nothing answers there: such a daemon is somebody's own, who starts it.
func EnsureRunning(ctx context.Context, socket string) (started bool, err error) {
	if err := openKVM("/dev/kvm"); err != nil {
		return false, err
	}
	if answers(ctx, socket) {
		return false, nil
	}
	if !isDefault(socket) {
		return false, errs.New(errs.Unavailable, "libvirt_down", "nothing answers on %s, and only the daemon of %s is started from here",
			socket, DefaultSocket)
	}
	if systemd() {
		err = command(ctx, "systemctl", "start", "libvirtd.service")
	} else {
		err = startByHand(ctx)
	}
	if err != nil {
		return false, errs.Wrap(err, errs.Unavailable, "libvirt_down", "libvirt could not be started; is libvirt-daemon-system installed?")
	}
	if err := awaitSocket(ctx, DefaultSocket); err != nil {
		return true, err
	}
	return true, nil
}

// isDefault reports whether it is DefaultSocket by either of its names: /var/run is a link to /run.
func isDefault(socket string) bool {
	return strings.TrimPrefix(socket, "/var") == strings.TrimPrefix(DefaultSocket, "/var")
}

// startByHand starts the log daemon unless it runs (it outlives libvirtd), then libvirtd.
func startByHand(ctx context.Context) error {
	if !answers(ctx, logSocket) {
		if err := command(ctx, "virtlogd", "--daemon"); err != nil {
			return err
		}
	}
	return command(ctx, "libvirtd", "--daemon")
}

// systemd reports whether systemd is the init here (sd_booted(3)).
func systemd() bool {
	info, err := os.Lstat("/run/systemd/system")
	return err == nil && info.IsDir()
}

func answers(ctx context.Context, socket string) bool {
	d := net.Dialer{Timeout: 2 * time.Second}
	c, err := d.DialContext(ctx, "unix", socket)
	if err != nil {
		return false
	}
	_ = c.Close()
	return true
}

func awaitSocket(ctx context.Context, socket string) error {
	ctx, cancel := context.WithTimeout(ctx, daemonLimit)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !answers(ctx, socket) {
		select {
		case <-ctx.Done():
			return errs.Wrap(ctx.Err(), errs.Unavailable, "libvirt_down", "libvirt was started but does not answer on %s", socket)
		case <-tick.C:
		}
	}
	return nil
}

func command(ctx context.Context, name string, args ...string) error {
	_, err := child.Command{Name: name, Args: args, Limit: daemonLimit}.Run(ctx)
	return err
}
