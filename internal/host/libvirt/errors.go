package libvirt

import (
	"context"
	"errors"
	"syscall"

	golibvirt "github.com/digitalocean/go-libvirt"

	"dewpoint/internal/errs"
)

// noDaemonError says that nothing listens on the socket.
type noDaemonError struct{ error }

func (e *noDaemonError) Unwrap() error { return e.error }

// kinds maps libvirt's error numbers (virterror.h); the rest is Internal.
var kinds = map[golibvirt.ErrorNumber]errs.Kind{
	golibvirt.ErrNoDomain:             errs.NotFound,
	golibvirt.ErrNoNetwork:            errs.NotFound,
	golibvirt.ErrOperationInvalid:     errs.Conflict,
	golibvirt.ErrDomExist:             errs.Conflict,
	golibvirt.ErrResourceBusy:         errs.Conflict,
	golibvirt.ErrXMLError:             errs.Invalid,
	golibvirt.ErrXMLDetail:            errs.Invalid,
	golibvirt.ErrXMLInvalidSchema:     errs.Invalid,
	golibvirt.ErrConfigUnsupported:    errs.Invalid,
	golibvirt.ErrOperationTimeout:     errs.Unavailable,
	golibvirt.ErrAgentUnresponsive:    errs.Unavailable,
	golibvirt.ErrOperationUnsupported: errs.Invalid,
}

// translate turns what a call returned into a typed error. The text holds libvirt's own message: it is what tells people which tap,
// file or feature the start failed on.
func translate(ctx context.Context, doing string, err error) error {
	var remote golibvirt.Error
	var absent *noDaemonError
	switch {
	case errs.As(err) != nil: // ours, about what libvirt answered
		return err
	case errors.As(err, &remote):
		kind, code := kinds[golibvirt.ErrorNumber(remote.Code)], "libvirt_refused"
		if kind == errs.NotFound {
			code = "no_such_domain"
		}
		return errs.Wrap(err, kind, code, "%s: %s", errs.Ours(doing), errs.Ours(remote.Message))
	case ctx.Err() != nil:
		return errs.Wrap(ctx.Err(), errs.Unavailable, "libvirt_timeout", "%s: libvirt gave no answer in time", errs.Ours(doing))
	case errors.As(err, &absent):
		return errs.Wrap(err, errs.Unavailable, "libvirt_down", "%s: libvirt is not running", errs.Ours(doing))
	case errors.Is(err, golibvirt.ErrInterrupted), errors.Is(err, syscall.EINVAL), errors.Is(err, syscall.EPIPE), errors.Is(err, syscall.ECONNRESET):
		return errs.Wrap(err, errs.Unavailable, "libvirt_lost", "%s: the connection to libvirt was lost", errs.Ours(doing))
	}
	return errs.Wrap(err, errs.Internal, "libvirt_failed", "%s: %v", errs.Ours(doing), err)
}
