package libvirt

import (
	"context"
	"fmt"
	"time"

	golibvirt "github.com/digitalocean/go-libvirt"
	"libvirt.org/go/libvirtxml"

	"dewpoint/internal/errs"
)

// snapshotLimit bounds a snapshot: the memory of the guest is written while it lasts.
const snapshotLimit = 10 * time.Minute

// Switch is what a running domain's disks go on with.
type Switch struct {
	Disks   map[string]string // path of the file that a disk writes to → path of an empty one over it, that is there
	Memory  string            // file that gets the guest's memory and devices; "" for none
	Quiesce bool              // the guest's agent flushes its file systems and holds them meanwhile
}

// Switch makes the disks go on with the new files, all in the same moment or none. It returns how long the guest stood still, at the most. Afterwards the
// files above are in the domain's definition too, and the ones below aren't written to any more. libvirt keeps no record of it.
func (c *Client) Switch(ctx context.Context, ref Ref, s Switch) (pause time.Duration, err error) {
	d, err := ref.domain()
	if err != nil {
		return 0, err
	}
	domain, err := c.Describe(ctx, ref)
	if err != nil {
		return 0, err
	}
	xml, err := s.xml(domain)
	if err != nil {
		return 0, err
	}
	flags := golibvirt.DomainSnapshotCreateNoMetadata | golibvirt.DomainSnapshotCreateAtomic | golibvirt.DomainSnapshotCreateReuseExt
	if s.Memory == "" {
		flags |= golibvirt.DomainSnapshotCreateDiskOnly
	}
	if s.Quiesce {
		flags |= golibvirt.DomainSnapshotCreateQuiesce
		if err := c.boundAgent(ctx, ref); err != nil {
			return 0, err
		}
	}
	stood := c.watchPause(ctx, ref)
	begin := time.Now()
	err = run(ctx, c, snapshotLimit, "taking a snapshot of domain "+ref.Name, func(l *golibvirt.Libvirt) error {
		_, err := l.DomainSnapshotCreateXML(d, xml, uint32(flags))
		return err
	})
	whole := time.Since(begin)
	if measured := stood(); s.Memory != "" && measured > 0 {
		whole = measured
	}
	return whole, err
}

// xml names every disk of the domain: those that aren't switched have to stay out.
func (s Switch) xml(domain *libvirtxml.Domain) (string, error) {
	shot := libvirtxml.DomainSnapshot{Disks: &libvirtxml.DomainSnapshotDisks{}}
	if s.Memory != "" {
		shot.Memory = &libvirtxml.DomainSnapshotMemory{Snapshot: "external", File: s.Memory}
	}
	left := len(s.Disks)
	for _, disk := range domain.Devices.Disks {
		next := s.Disks[fileOf(disk)]
		one := libvirtxml.DomainSnapshotDisk{Name: disk.Target.Dev, Snapshot: "no"}
		if next != "" {
			one.Snapshot = "external"
			one.Driver = &libvirtxml.DomainDiskDriver{Type: "qcow2"}
			one.Source = &libvirtxml.DomainDiskSource{File: &libvirtxml.DomainDiskSourceFile{File: next}}
			left--
		}
		shot.Disks.Disks = append(shot.Disks.Disks, one)
	}
	if left > 0 {
		return "", errs.New(errs.Conflict, "drive_not_attached", "the running guest lacks %d of the disks", left)
	}
	return shot.Marshal()
}

func fileOf(disk libvirtxml.DomainDisk) string {
	if disk.Source == nil || disk.Source.File == nil {
		return ""
	}
	return disk.Source.File.File
}

// watchPause notes when the domain stops and goes on. The function that it returns ends that, and says how long it stood; 0 where nothing was seen.
func (c *Client) watchPause(ctx context.Context, ref Ref) func() time.Duration {
	ctx, cancel := context.WithCancel(ctx)
	events, err := c.Events(ctx)
	if err != nil {
		cancel()
		return func() time.Duration { return 0 }
	}
	stood := make(chan time.Duration, 1)
	go func() {
		var stopped time.Time
		var sum time.Duration
		for e := range events {
			switch {
			case e.UUID != ref.UUID:
			case e.State == Paused:
				stopped = time.Now()
			case e.State == Running && !stopped.IsZero():
				sum, stopped = sum+time.Since(stopped), time.Time{}
			}
		}
		stood <- sum
	}()
	return func() time.Duration {
		const late = 50 * time.Millisecond // the last event may be on its way
		time.Sleep(late)
		cancel()
		return <-stood
	}
}

// Place is where a disk of a restored domain lies, with what is beneath it.
type Place struct {
	Path   string
	Layers []string // the nearest first
}

// Restore has a domain go on from memory that a Switch wrote, with disks in other places, by the paths that they had then. It must be off, and defined.
func (c *Client) Restore(ctx context.Context, memory string, disks map[string]Place, paused bool) error {
	text, err := call(ctx, c, readLimit, "reading a guest's memory", func(l *golibvirt.Libvirt) (string, error) {
		return l.DomainSaveImageGetXMLDesc(memory, uint32(golibvirt.DomainSaveImageXMLSecure))
	})
	if err != nil {
		return err
	}
	var domain libvirtxml.Domain
	if err := domain.Unmarshal(text); err != nil {
		return fmt.Errorf("reading the definition in a guest's memory: %w", err)
	}
	for i := range domain.Devices.Disks {
		disk := &domain.Devices.Disks[i]
		if at, moved := disks[fileOf(*disk)]; moved {
			disk.Source.File.File, disk.BackingStore = at.Path, beneath(at.Layers)
		}
	}
	if text, err = domain.Marshal(); err != nil {
		return err
	}
	flags := golibvirt.DomainSaveRunning
	if paused {
		flags = golibvirt.DomainSavePaused
	}
	return run(ctx, c, snapshotLimit, "restoring a guest's memory", func(l *golibvirt.Libvirt) error {
		return l.DomainRestoreFlags(memory, golibvirt.OptString{text}, uint32(flags))
	})
}

// beneath names all files that a disk builds upon, and their end.
func beneath(layers []string) *libvirtxml.DomainDiskBackingStore {
	if len(layers) == 0 {
		return &libvirtxml.DomainDiskBackingStore{}
	}
	return &libvirtxml.DomainDiskBackingStore{
		Format:       &libvirtxml.DomainDiskFormat{Type: "qcow2"},
		Source:       &libvirtxml.DomainDiskSource{File: &libvirtxml.DomainDiskSourceFile{File: layers[0]}},
		BackingStore: beneath(layers[1:]),
	}
}
