package libvirt

import (
	"bytes"
	"context"
	"fmt"

	golibvirt "github.com/digitalocean/go-libvirt"

	"dewpoint/internal/errs"
)

// mostPicture bounds a screenshot: more than a screen of 8K needs.
const mostPicture = 64 << 20

// The ends of a PNG (ISO/IEC 15948, 5.2 and 11.2.5).
var pngHead, pngTail = []byte("\x89PNG\r\n\x1a\n"), []byte("IEND\xaeB`\x82")

// Find returns the domain of that name; NotFound when there is none.
func (c *Client) Find(ctx context.Context, name string) (Ref, error) {
	d, err := call(ctx, c, readLimit, "looking for domain "+name, func(l *golibvirt.Libvirt) (golibvirt.Domain, error) {
		return l.DomainLookupByName(name)
	})
	return refOf(d), err
}

// Screenshot returns a PNG of what is on a running domain's first screen.
func (c *Client) Screenshot(ctx context.Context, ref Ref) ([]byte, error) {
	d, err := ref.domain()
	if err != nil {
		return nil, err
	}
	var picture bounded
	err = run(ctx, c, verbLimit, "taking a picture of domain "+ref.Name, func(l *golibvirt.Libvirt) error {
		_, err := l.DomainScreenshot(d, &picture, 0, 0)
		if picture.whole() {
			return nil // the library trips over the end of the stream, and reports an error for a whole picture
		}
		return err
	})
	if err == nil && !picture.whole() {
		err = errs.Wrap(fmt.Errorf("libvirt sent %d bytes that are no PNG", picture.Len()), errs.Unavailable, "no_screenshot", "the hypervisor gave no picture of the screen")
	}
	return picture.Bytes(), err
}

// bounded takes what belongs to a picture, and no more.
type bounded struct{ bytes.Buffer }

func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > mostPicture {
		return 0, fmt.Errorf("the picture has more than %d bytes", mostPicture)
	}
	return b.Buffer.Write(p)
}

func (b *bounded) whole() bool {
	return bytes.HasPrefix(b.Bytes(), pngHead) && bytes.HasSuffix(b.Bytes(), pngTail)
}

// Press presses keys of a running domain's keyboard together, by their numbers in Linux (linux/input-event-codes.h), and lets them go after that many
// milliseconds.
func (c *Client) Press(ctx context.Context, ref Ref, keys []uint32, hold uint32) error {
	return c.verb(ctx, ref, "typing into", func(l *golibvirt.Libvirt, d golibvirt.Domain) error {
		return l.DomainSendKey(d, uint32(golibvirt.KeycodeSetLinux), hold, keys, 0)
	})
}
