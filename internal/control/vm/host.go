package vm

import (
	"context"

	"dewpoint/internal/host/domxml"
	"dewpoint/internal/host/libvirt"
)

// Host is what the controller asks of libvirt; *libvirt.Client is one. Every call returns by a deadline of its own.
type Host interface {
	HostInfo(ctx context.Context) (libvirt.HostInfo, error)
	List(ctx context.Context, prefix string) ([]libvirt.Info, error)
	Holds(ctx context.Context, ref libvirt.Ref) (libvirt.Holds, error)
	Describe(ctx context.Context, ref libvirt.Ref) (*domxml.Domain, error)
	Events(ctx context.Context) (<-chan libvirt.Event, error)
	Define(ctx context.Context, xml string) (libvirt.Ref, error)
	Start(ctx context.Context, ref libvirt.Ref) error
	Power(ctx context.Context, ref libvirt.Ref, op string) error // as a power verb asks
	Destroy(ctx context.Context, ref libvirt.Ref) error
	Undefine(ctx context.Context, ref libvirt.Ref) error
	LiveHost
	// Of a guest that hibernated: whether its memory is kept, to go on from there, and to drop it.
	Saved(ctx context.Context, ref libvirt.Ref) (bool, error)
	Wake(ctx context.Context, ref libvirt.Ref) error
	Forget(ctx context.Context, ref libvirt.Ref) error
}

// LiveHost changes a domain that runs.
type LiveHost interface {
	Attach(ctx context.Context, ref libvirt.Ref, xml string) error
	Detach(ctx context.Context, ref libvirt.Ref, xml string) error
	Update(ctx context.Context, ref libvirt.Ref, xml string) error
	Grow(ctx context.Context, ref libvirt.Ref, path string, bytes uint64) error
	Memory(ctx context.Context, ref libvirt.Ref) (now, most uint64, err error)
	SetMemory(ctx context.Context, ref libvirt.Ref, kib uint64) error
	SetCPUs(ctx context.Context, ref libvirt.Ref, n uint32) error
	SetTitle(ctx context.Context, ref libvirt.Ref, title string) error
}
