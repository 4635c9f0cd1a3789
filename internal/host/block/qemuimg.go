package block

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"dewpoint/internal/errs"
	"dewpoint/internal/host/child"
)

// quickLimit bounds qemu-img commands that touch only an image's tables. Conversions last as long as their context.
const quickLimit = 60 * time.Second

// Where qemu-img finds the files in its cage.
const (
	inputPlace  = "/in/image"
	outputPlace = "/out/disk"
)

// Create makes an empty qcow2 image of size bytes, rounded up to whole sectors. The path must not exist.
func Create(path string, size int64) error { return createEmpty(path, "", size) }

// Sectors rounds a size up to whole sectors, as the sizes of disks are.
func Sectors(size int64) int64 {
	const sector = 512
	return (size + sector - 1) / sector * sector
}

// Resize lets a qcow2 image grow to size bytes, rounded up to whole sectors as Create does it; it never shrinks one. What lies beneath it is no longer
// than itself, and isn't opened. No guest may use it meanwhile.
func Resize(ctx context.Context, path string, size int64) error {
	size = Sectors(size) // qemu-img rounds up at a create only
	ctx, cancel := context.WithTimeout(ctx, quickLimit)
	defer cancel()
	f, err := openImage(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	return lend(f, func(disk child.File) error {
		name, _, err := stack(disk)
		if err != nil {
			return err
		}
		_, err = qemuImg(ctx, cage(max(size, info.Size()), disk), nil, "resize", "-q", name, strconv.FormatInt(size, 10))
		return err
	})
}

// Details is what qemu-img knows of an image.
type Details struct {
	VirtualSize int64  `json:"virtual-size"` // bytes that a guest sees
	ActualSize  int64  `json:"actual-size"`  // bytes that it takes on the host
	Format      Format `json:"format"`
}

// Info reads the tables of an image; a guest may be using it, but no Resize.
func Info(ctx context.Context, path string, format Format) (Details, error) {
	return Whole(path).Info(ctx, format)
}

// Info is Info of an image that needn't be a whole file.
func (p Part) Info(ctx context.Context, format Format) (Details, error) {
	ctx, cancel := context.WithTimeout(ctx, quickLimit)
	defer cancel()
	group, err := show(p.Path)
	if err != nil {
		return Details{}, err
	}
	name, err := p.named(format, inputPlace)
	if err != nil {
		return Details{}, err
	}
	c := cage(0, child.File{Path: p.Path, At: inputPlace})
	c.GID = group
	out, err := qemuImg(ctx, c, nil, "info", "--force-share", "--output=json", name)
	if err != nil {
		return Details{}, err
	}
	var d Details
	if err := json.Unmarshal(out, &d); err != nil {
		return Details{}, fmt.Errorf("qemu-img info %s: %w", p.Path, err)
	}
	if d.VirtualSize < 0 || d.VirtualSize > MaxVirtualSize {
		return Details{}, refused("claims a size above 64 TiB")
	}
	return d, nil
}

// Convert copies the image at from, which Inspect let pass as the given format, into a new qcow2 image at to. progress, when not nil, is
// told percentages as they grow, from one goroutine. An image that can't be read as what it says it is, is errs.Invalid. When ctx ends the process is killed and the half-made file stays for the caller.
func Convert(ctx context.Context, from string, format Format, to string, progress func(percent float64)) error {
	return Whole(from).Convert(ctx, format, to, progress)
}

// Convert is Convert of an image that needn't be a whole file.
func (p Part) Convert(ctx context.Context, format Format, to string, progress func(percent float64)) error {
	source, err := p.Info(ctx, format) // the size that bounds the new file: not every header tells it
	if err != nil {
		return blame(ctx, p.Path, err)
	}
	group, err := show(p.Path)
	if err != nil {
		return err
	}
	name, err := p.named(format, inputPlace)
	if err != nil {
		return err
	}
	return writeNew(to, func(disk child.File) error {
		c := cage(source.VirtualSize, child.File{Path: p.Path, At: inputPlace}, disk)
		c.GID = group
		var listener io.Writer
		if progress != nil {
			listener = &progressReader{tell: progress}
		}
		_, err := qemuImg(ctx, c, listener, "convert", "-p", "-O", "qcow2", name, disk.At)
		return blame(ctx, p.Path, err)
	})
}

// qemuImg runs one qemu-img in the cage and returns its output, unless that has a listener.
func qemuImg(ctx context.Context, c *child.Cage, output io.Writer, args ...string) ([]byte, error) {
	out, err := child.Command{Name: "qemu-img", Args: args, Output: output, Cage: c}.Run(ctx)
	var failed *child.Failure
	switch {
	case !errors.As(err, &failed):
		return out, err
	case strings.Contains(failed.Stderr, "No space left on device"):
		return nil, errs.Wrap(err, errs.Full, "pool_full", "there is no space left for the disk")
	case strings.Contains(failed.Stderr, "File too large"):
		return nil, refused("holds more than the size that it claims")
	}
	return nil, fmt.Errorf("%s: %w", args[0], err)
}

// progressReader parses what -p prints: "    (12.34/100%)" and a carriage return, again and again.
type progressReader struct {
	tell func(percent float64)
	rest []byte // of a line that is not whole yet
}

// Write implements io.Writer.
func (p *progressReader) Write(text []byte) (int, error) {
	const longest = 4 << 10 // no line of qemu-img is that long
	p.rest = append(p.rest, text...)
	for {
		i := bytes.IndexAny(p.rest, "\r\n")
		if i < 0 {
			break
		}
		before, _, found := strings.Cut(strings.TrimLeft(string(p.rest[:i]), " ("), "/100%")
		if percent, err := strconv.ParseFloat(before, 64); found && err == nil {
			p.tell(percent)
		}
		p.rest = p.rest[i+1:]
	}
	if len(p.rest) > longest {
		p.rest = nil
	}
	return len(text), nil
}

// lendAll is lend for several files.
func lendAll(paths []string, use func() error) error {
	if len(paths) == 0 {
		return use()
	}
	f, err := openImage(paths[0])
	if err != nil {
		return err
	}
	defer f.Close()
	return lend(f, func(child.File) error { return lendAll(paths[1:], use) })
}

// writeNew has fill write a file that is not there yet.
func writeNew(path string, fill func(disk child.File) error) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	return lend(f, fill)
}
