package libvirt

import (
	"context"

	golibvirt "github.com/digitalocean/go-libvirt"
)

// Event is a change of a domain's life. State is what the domain does after it; empty when the event is none of state (a definition made
// or removed).
type Event struct {
	Ref
	State  State
	Detail int32 // libvirt's reason number, for logs
	// Unplugged says that the guest has let go of a device; then State is empty.
	Unplugged bool
}

// eventStates maps lifecycle events to the state that they lead to.
var eventStates = map[golibvirt.DomainEventType]State{
	golibvirt.DomainEventStarted:     Running,
	golibvirt.DomainEventResumed:     Running,
	golibvirt.DomainEventSuspended:   Paused,
	golibvirt.DomainEventStopped:     Off,
	golibvirt.DomainEventShutdown:    Stopping,
	golibvirt.DomainEventPmsuspended: Suspended,
	golibvirt.DomainEventCrashed:     Crashed,
}

// Events subscribes to the lifecycle events of all domains. The channel is closed when ctx ends or the connection is lost; then subscribe
// again, and look at everything once, for events were missed. The caller must read on until the close.
func (c *Client) Events(ctx context.Context) (<-chan Event, error) {
	const doing = "subscribing to domain events"
	limited, cancel := context.WithTimeout(ctx, readLimit)
	defer cancel()
	link, err := dial(limited, c.socket, c.uri)
	if err != nil {
		return nil, translate(limited, doing, err)
	}
	raw, err := within(limited, link, func(l *golibvirt.Libvirt) (r rawEvents, err error) {
		// Their context never ends: go-libvirt may deadlock when a subscription is cancelled while an event arrives. Closing the
		// connection ends it cleanly.
		forever := context.WithoutCancel(ctx)
		if r.life, err = l.LifecycleEvents(forever); err != nil {
			return r, err
		}
		r.unplugged, err = l.SubscribeEvents(forever, golibvirt.DomainEventIDDeviceRemoved, nil)
		return r, err
	})
	if err != nil {
		link.close()
		return nil, translate(limited, doing, err)
	}
	events := make(chan Event)
	go forward(ctx, link, raw, events)
	return events, nil
}

// rawEvents are the subscriptions of one connection. Both end with it.
type rawEvents struct {
	life      <-chan golibvirt.DomainEventLifecycleMsg
	unplugged <-chan any
}

// next waits for an event; ok is false once the connection is lost.
func (r rawEvents) next() (e Event, ok bool) {
	for {
		select {
		case msg, more := <-r.life:
			return Event{Ref: refOf(msg.Dom), State: eventStates[golibvirt.DomainEventType(msg.Event)], Detail: msg.Detail}, more
		case msg, more := <-r.unplugged:
			if !more {
				return e, false
			}
			if gone, is := msg.(*golibvirt.DomainEventCallbackDeviceRemovedMsg); is {
				return Event{Ref: refOf(gone.Msg.Dom), Unplugged: true}, true
			}
		}
	}
}

// drain reads what still comes, so that no subscription waits for a reader.
func (r rawEvents) drain() {
	go func() {
		for range r.unplugged {
		}
	}()
	for range r.life {
	}
}

// forward passes events on until the connection is lost, which it brings about itself when ctx ends.
func forward(ctx context.Context, link *conn, raw rawEvents, events chan<- Event) {
	defer close(events)
	defer raw.drain()
	stop := context.AfterFunc(ctx, link.close)
	defer stop()
	defer link.close()
	for {
		event, more := raw.next()
		if !more {
			return
		}
		select {
		case events <- event:
		case <-ctx.Done(): // nobody listens any more; drain until the close
		}
	}
}
