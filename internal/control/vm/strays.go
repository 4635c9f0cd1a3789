package vm

import (
	"context"
	"maps"
	"slices"

	"dewpoint/internal/host/libvirt"
)

// strays are the domains with our mark and no machine: those that a pass has found, and those that were told of. The zero value is ready.
type strays struct {
	found map[string]libvirt.Info // by name
	told  []string
	ever  bool
}

func (s *strays) add(d libvirt.Info) {
	if s.found == nil {
		s.found = map[string]libvirt.Info{}
	}
	s.found[d.Name] = d
}

// tellStrays tells of the domains that this pass has found, when they are others than before.
func (c *Controller) tellStrays(ctx context.Context) error {
	names := slices.Sorted(maps.Keys(c.strays.found))
	for _, name := range names {
		if !slices.Contains(c.strays.told, name) {
			c.log.Warn("a domain has our name but no machine; it is left alone", "domain", name, "uuid", c.strays.found[name].UUID)
		}
	}
	c.strays.found = nil
	if c.strays.ever && slices.Equal(names, c.strays.told) {
		return nil
	}
	if c.cfg.Strays != nil {
		if err := c.cfg.Strays(ctx, names); err != nil {
			return err
		}
	}
	c.strays.told, c.strays.ever = names, true
	return nil
}
