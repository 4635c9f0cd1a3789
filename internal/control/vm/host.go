package vm

import (
	"context"

	"dewpoint/internal/host/libvirt"
)

// Host is what the controller asks of libvirt; *libvirt.Client is one. Every call returns by a deadline of its own.
type Host interface {
	HostInfo(ctx context.Context) (libvirt.HostInfo, error)
	List(ctx context.Context, prefix string) ([]libvirt.Info, error)
	Holds(ctx context.Context, ref libvirt.Ref) (libvirt.Holds, error)
	Events(ctx context.Context) (<-chan libvirt.Event, error)
	Define(ctx context.Context, xml string) (libvirt.Ref, error)
	Start(ctx context.Context, ref libvirt.Ref) error
	Power(ctx context.Context, ref libvirt.Ref, op string) error // as a power verb asks
	Destroy(ctx context.Context, ref libvirt.Ref) error
	Undefine(ctx context.Context, ref libvirt.Ref) error
}
