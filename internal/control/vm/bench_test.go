package vm_test

import (
	"testing"

	"github.com/google/uuid"
	"libvirt.org/go/libvirtxml"

	"dewpoint/internal/host/block"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/schema"
)

// BenchmarkPowerOn compares the way from a power-on in the rows to "running" in the rows with the two bare libvirt calls on the same domain.
// The first may take 1.2 times the second.
func BenchmarkPowerOn(b *testing.B) {
	s := newServer(b)
	_, machine := s.createVM(uuid.NewString(), schema.Set{"boot_delay": schema.IntValue(0)})
	s.createDrive(machine, func(path string) error { return block.Create(path, 1<<20) })
	done := int64(0)
	ask := func(op string, running bool) {
		s.ask(machine, op)
		done++
		s.await(op, func() bool { st := s.status(machine); return st.DoneSeq == done && st.Running == running })
	}
	b.Run("rows", func(b *testing.B) {
		for range b.N {
			ask(compute.PowerOn, true)
			b.StopTimer()
			ask(compute.Kill, false)
			b.StartTimer()
		}
	})
	domain, _ := s.domain(machine)
	definition, err := s.host.Describe(b.Context(), domain.Ref)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("bare", func(b *testing.B) {
		for range b.N {
			bareStart(b, s, definition)
			b.StopTimer()
			if err := s.host.Destroy(b.Context(), domain.Ref); err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
		}
	})
}

func bareStart(b *testing.B, s *server, definition *libvirtxml.Domain) {
	xml, err := definition.Marshal()
	if err != nil {
		b.Fatal(err)
	}
	ref, err := s.host.Define(b.Context(), xml)
	if err != nil {
		b.Fatal(err)
	}
	if err := s.host.Start(b.Context(), ref); err != nil {
		b.Fatal(err)
	}
}
