package vm

import (
	"context"
	"sync"
	"time"

	"dewpoint/internal/host/libvirt"
	"dewpoint/internal/mark"
	"dewpoint/internal/pause"
)

// resubscribe is the wait before events are asked for again after libvirt went away. A subscription costs one connection.
const resubscribe = time.Second

// Watch implements loop.Watcher. It asks what this node can do, so that the first start need not wait, and wakes the loop at every event of
// our domains. After each (re)subscription it wakes it too: events were missed.
func (c *Controller) Watch(ctx context.Context) error {
	var asked sync.WaitGroup
	defer asked.Wait()
	asked.Go(func() { _, _ = c.platform.get(ctx) }) // a start asks again when this failed
	down := false
	for ctx.Err() == nil {
		events, err := c.host.Events(ctx)
		if err == nil {
			if down {
				c.log.Info("libvirt's events are back")
			}
			down = false
			c.queue.Wake()
			c.wakeOn(events)
			c.platform.forget() // libvirt may come back with another QEMU
		}
		if !down && ctx.Err() == nil {
			down = true
			c.log.Warn("the connection for libvirt's events is lost; the last known state is kept until it is back", "err", err)
		}
		_ = pause.For(ctx, resubscribe) // the end of ctx ends the loop
	}
	return context.Cause(ctx)
}

// wakeOn reads events until their end. A guest that has let go of a device is looked at again: it may do so long after it was asked.
func (c *Controller) wakeOn(events <-chan libvirt.Event) {
	for event := range events {
		key, ours := mark.Key(event.Name, c.prefix())
		if !ours || event.State == "" && !event.Unplugged {
			continue
		}
		if event.Unplugged {
			c.runs.forget(key)
		}
		c.queue.Wake()
	}
}
