// Package iso writes small ISO 9660 images with Rock Ridge names, as cloud-init and every Linux read them.
package iso

import (
	"fmt"
	"os"
	"path"
	"path/filepath"

	"github.com/diskfs/go-diskfs/backend/file"
	"github.com/diskfs/go-diskfs/filesystem/iso9660"
)

// sector is the only block size of images that all systems read.
const sector = 2048

// Write makes an image at name with the label and the files, by their slash-separated paths, or leaves what stands there: it is replaced in one step.
// Beside it lies a draft meanwhile, which the next Write clears away where this one was cut off.
func Write(name, label string, files map[string][]byte) error {
	draft := name + ".draft"
	if err := os.RemoveAll(draft); err != nil {
		return err
	}
	defer os.RemoveAll(draft)
	if err := os.Mkdir(draft, 0o700); err != nil {
		return err
	}
	root, image := filepath.Join(draft, "root"), filepath.Join(draft, "image")
	if err := lay(root, files); err != nil {
		return err
	}
	if err := pack(image, label, root); err != nil {
		return fmt.Errorf("writing the image %s: %w", filepath.Base(name), err)
	}
	return os.Rename(image, name)
}

// lay puts the files into a folder.
func lay(root string, files map[string][]byte) error {
	if err := os.Mkdir(root, 0o700); err != nil {
		return err
	}
	inside, err := os.OpenRoot(root) // no path leads out of it
	if err != nil {
		return err
	}
	defer inside.Close()
	for name, text := range files {
		if err := inside.MkdirAll(path.Dir(name), 0o755); err != nil {
			return err
		}
		if err := inside.WriteFile(name, text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func pack(image, label, root string) error {
	f, err := os.OpenFile(image, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	fs, err := iso9660.Create(file.New(f, false), 0, 0, sector, root)
	if err != nil {
		return err
	}
	if err := fs.Finalize(iso9660.FinalizeOptions{RockRidge: true, VolumeIdentifier: label}); err != nil {
		return err
	}
	return f.Close()
}
