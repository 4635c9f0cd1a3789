package vm

import (
	"context"
	"strconv"

	"dewpoint/internal/held"
	"dewpoint/internal/host/access"
	"dewpoint/internal/host/domxml"
)

// changeMedium puts what the row names into a CD-ROM drive, or empties it. A guest that has locked the tray keeps its medium until it lets go.
func (c *Controller) changeMedium(ctx context.Context, g guest, gap held.Gap) (bool, error) {
	_, key := held.Part(gap.Path)
	drive := g.drive(key)
	if drive == nil || drive.Device != "cdrom" || !drive.Ready {
		return false, nil
	}
	tray := domxml.Tray(g.domain, key)
	if tray == nil {
		return false, nil
	}
	if drive.Path != "" {
		if err := c.showMedium(ctx, drive.Path); err != nil {
			return false, err
		}
	}
	domxml.PutMedium(tray, drive.Path)
	xml, err := tray.Marshal()
	if err != nil {
		return false, err
	}
	return true, c.host.Update(ctx, g.ref, xml)
}

// showMedium lets QEMU's user read a file.
func (c *Controller) showMedium(ctx context.Context, path string) error {
	node, err := c.platform.get(ctx)
	if err != nil {
		return err
	}
	gid := max(node.gid, 0)
	if err := access.Pass(c.cfg.DataDir, path, gid); err != nil {
		return err
	}
	return access.Show(path, gid)
}

// growDisk gives a disk its new size; the guest sees it at once.
func (c *Controller) growDisk(ctx context.Context, g guest, gap held.Gap) (bool, error) {
	_, key := held.Part(gap.Path)
	drive := g.drive(key)
	bytes, err := strconv.ParseUint(gap.Want, 10, 64)
	if err != nil || drive == nil || drive.Device != "disk" || domxml.DiskAt(g.domain, drive.Path) == nil {
		return false, err
	}
	return true, c.host.Grow(ctx, g.ref, drive.Path, bytes)
}

// moveCard plugs a card into another network. Its link goes down meanwhile, so that the guest asks for an address there.
func (c *Controller) moveCard(ctx context.Context, g guest, gap held.Gap) (bool, error) {
	_, key := held.Part(gap.Path)
	nic, card := g.card(key)
	if card == nil || nic.Row.Vnet == 0 {
		return false, nil
	}
	domxml.MoveCard(card, nic.Bridge)
	if err := c.updateCard(ctx, g, card, false); err != nil || !nic.Row.Enabled {
		return err == nil, err
	}
	return true, c.updateCard(ctx, g, card, true)
}

// setLink takes the cable out of a card, or puts it in.
func (c *Controller) setLink(ctx context.Context, g guest, gap held.Gap) (bool, error) {
	_, key := held.Part(gap.Path)
	_, card := g.card(key)
	if card == nil {
		return false, nil
	}
	return true, c.updateCard(ctx, g, card, gap.Want != "")
}

func (c *Controller) updateCard(ctx context.Context, g guest, card *domxml.Card, up bool) error {
	domxml.SetLink(card, up)
	xml, err := card.Marshal()
	if err != nil {
		return err
	}
	return c.host.Update(ctx, g.ref, xml)
}
