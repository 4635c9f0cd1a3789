package libvirt

import (
	"context"
	"fmt"
	"time"

	golibvirt "github.com/digitalocean/go-libvirt"
	"github.com/google/uuid"
	"libvirt.org/go/libvirtxml"

	"dewpoint/internal/errs"
)

// Ref names a domain. libvirt finds it by the UUID; the name is for its messages. So no call needs a look-up before it.
type Ref struct {
	Name string
	UUID string
}

func (r Ref) domain() (golibvirt.Domain, error) {
	id, err := uuid.Parse(r.UUID)
	if err != nil {
		return golibvirt.Domain{}, errs.New(errs.Invalid, "invalid_uuid", "domain %s has no valid UUID: %q", r.Name, r.UUID)
	}
	return golibvirt.Domain{Name: r.Name, UUID: golibvirt.UUID(id), ID: -1}, nil
}

func refOf(d golibvirt.Domain) Ref { return Ref{Name: d.Name, UUID: uuid.UUID(d.UUID).String()} }

// Define makes or replaces the persistent definition. A running domain goes on with its present one until it is started again.
func (c *Client) Define(ctx context.Context, xml string) (Ref, error) {
	d, err := call(ctx, c, startLimit, "defining a domain", func(l *golibvirt.Libvirt) (golibvirt.Domain, error) {
		return l.DomainDefineXMLFlags(xml, 0)
	})
	return refOf(d), err
}

// Start boots a defined domain; Conflict when it runs already. It returns when QEMU runs the guest's CPUs. Memory that Save has kept is dropped.
func (c *Client) Start(ctx context.Context, ref Ref) error {
	return c.start(ctx, ref, startLimit, golibvirt.DomainStartForceBoot)
}

func (c *Client) start(ctx context.Context, ref Ref, limit time.Duration, flags golibvirt.DomainCreateFlags) error {
	d, err := ref.domain()
	if err != nil {
		return err
	}
	return run(ctx, c, limit, "starting domain "+ref.Name, func(l *golibvirt.Libvirt) error {
		_, err := l.DomainCreateWithFlags(d, uint32(flags))
		return err
	})
}

// Shutdown presses the ACPI power button and returns at once: what the guest does about it is the guest's.
func (c *Client) Shutdown(ctx context.Context, ref Ref) error {
	return c.verb(ctx, ref, "pressing the power button of", func(l *golibvirt.Libvirt, d golibvirt.Domain) error {
		return l.DomainShutdownFlags(d, golibvirt.DomainShutdownAcpiPowerBtn)
	})
}

// ShutdownByAgent has the guest's agent shut it down, and presses the power button where none answers.
func (c *Client) ShutdownByAgent(ctx context.Context, ref Ref) error {
	if err := c.boundAgent(ctx, ref); err != nil {
		return err
	}
	return c.verb(ctx, ref, "shutting down", func(l *golibvirt.Libvirt, d golibvirt.Domain) error {
		return l.DomainShutdownFlags(d, golibvirt.DomainShutdownGuestAgent|golibvirt.DomainShutdownAcpiPowerBtn)
	})
}

// Destroy cuts the power. Conflict when the domain is off already.
func (c *Client) Destroy(ctx context.Context, ref Ref) error {
	return c.verb(ctx, ref, "destroying", func(l *golibvirt.Libvirt, d golibvirt.Domain) error {
		return l.DomainDestroyFlags(d, golibvirt.DomainDestroyDefault)
	})
}

// Reset presses the reset button: the guest restarts at once, in the same QEMU.
func (c *Client) Reset(ctx context.Context, ref Ref) error {
	return c.verb(ctx, ref, "resetting", func(l *golibvirt.Libvirt, d golibvirt.Domain) error { return l.DomainReset(d, 0) })
}

// Reboot asks the guest, by ACPI, to restart.
func (c *Client) Reboot(ctx context.Context, ref Ref) error {
	return c.verb(ctx, ref, "rebooting", func(l *golibvirt.Libvirt, d golibvirt.Domain) error {
		return l.DomainReboot(d, golibvirt.DomainRebootAcpiPowerBtn)
	})
}

// Suspend stops the guest's CPUs; its memory stays.
func (c *Client) Suspend(ctx context.Context, ref Ref) error {
	return c.verb(ctx, ref, "pausing", func(l *golibvirt.Libvirt, d golibvirt.Domain) error { return l.DomainSuspend(d) })
}

// Resume lets the CPUs of a suspended guest run on.
func (c *Client) Resume(ctx context.Context, ref Ref) error {
	return c.verb(ctx, ref, "resuming", func(l *golibvirt.Libvirt, d golibvirt.Domain) error { return l.DomainResume(d) })
}

// Undefine removes the definition with all that libvirt keeps beside it (firmware variables, what a TPM keeps, saved memory, snapshot records). A running
// domain runs on without one. NotFound when there is none.
func (c *Client) Undefine(ctx context.Context, ref Ref) error {
	const flags = golibvirt.DomainUndefineManagedSave | golibvirt.DomainUndefineSnapshotsMetadata |
		golibvirt.DomainUndefineCheckpointsMetadata | golibvirt.DomainUndefineNvram | golibvirt.DomainUndefineTpm
	return c.verb(ctx, ref, "undefining", func(l *golibvirt.Libvirt, d golibvirt.Domain) error { return l.DomainUndefineFlags(d, flags) })
}

// Describe returns the domain's XML as it is now: of a running domain with the addresses and paths in use (the serial line's pty).
func (c *Client) Describe(ctx context.Context, ref Ref) (*libvirtxml.Domain, error) {
	d, err := ref.domain()
	if err != nil {
		return nil, err
	}
	text, err := call(ctx, c, readLimit, "describing domain "+ref.Name, func(l *golibvirt.Libvirt) (string, error) {
		return l.DomainGetXMLDesc(d, 0)
	})
	if err != nil {
		return nil, err
	}
	var domain libvirtxml.Domain
	if err := domain.Unmarshal(text); err != nil {
		return nil, fmt.Errorf("reading the XML of domain %s: %w", ref.Name, err)
	}
	return &domain, nil
}

func (c *Client) verb(ctx context.Context, ref Ref, doing string, rpc func(*golibvirt.Libvirt, golibvirt.Domain) error) error {
	d, err := ref.domain()
	if err != nil {
		return err
	}
	return run(ctx, c, verbLimit, doing+" domain "+ref.Name, func(l *golibvirt.Libvirt) error { return rpc(l, d) })
}
