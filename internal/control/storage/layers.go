package storage

import (
	"context"
	"time"

	"dewpoint/internal/control/loop"
	"dewpoint/internal/host/block"
	"dewpoint/internal/model/compute"
)

// Wish are the drives of this node's VMs and the layers beneath disks, as of one moment.
type Wish struct {
	Drives []Drive
	Layers []Layer
}

// Layer is a frozen file beneath disks.
type Layer struct {
	Key    int64
	File   string // its name without an ending
	Path   string
	Needed bool  // something builds upon it, or is a frozen state of it
	Merges int64 // the machine with which it can be merged with what rests on it; 0 for none
}

// mergeAgain is how long a merge that was begun is given before another one is.
const mergeAgain = 10 * time.Minute

func layerPath(dataDir string, l compute.DriveLayer) string {
	return block.DrivePath(dataDir, l.Tier, l.Folder, l.File)
}

// layerPlaces has the paths of layers by their names.
func layerPlaces(layers []Layer) map[string]string {
	places := make(map[string]string, len(layers))
	for _, l := range layers {
		places[l.File] = l.Path
	}
	return places
}

// layerWork removes the layers that nothing needs any more: the file first, since its row is what it is known by. They lie beneath no disk, so nobody
// waits for them.
func (c *Controller) layerWork(layers []Layer, pass *loop.Pass) (work []loop.Work) {
	for _, l := range layers {
		key := -l.Key // layers stand in the queues beside drives
		if c.Merges && l.Merges != 0 && !pass.Busy(key) && time.Since(c.merges[l.Key]) > mergeAgain {
			c.merges[l.Key] = time.Now()
			work = append(work, loop.Work{Key: key, Name: "merge layer", Do: func(ctx context.Context) error { return c.Rows.Merge(ctx, l) }, Report: func(_ context.Context, err error) error { return err }})
			continue
		}
		if l.Needed || pass.Busy(key) || c.queue.Rests(key) {
			continue
		}
		work = append(work, loop.Work{
			Key: key, Name: "remove layer",
			Do: func(context.Context) error { return removeFile(l.Path) },
			Report: func(ctx context.Context, err error) error {
				if err != nil {
					return nil // it is tried again
				}
				c.Log.Info("a layer that nothing needed is removed", "layer", l.Key)
				return c.Rows.PurgeLayer(ctx, l.Key)
			},
		})
	}
	return work
}
