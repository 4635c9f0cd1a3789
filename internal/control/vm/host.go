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
	// Of a guest that hibernated: whether its memory is kept, to go on from there, and to drop it.
	Saved(ctx context.Context, ref libvirt.Ref) (bool, error)
	Wake(ctx context.Context, ref libvirt.Ref) error
	Forget(ctx context.Context, ref libvirt.Ref) error
}
