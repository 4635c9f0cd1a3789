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
	raw, err := within(limited, link, func(l *golibvirt.Libvirt) (<-chan golibvirt.DomainEventLifecycleMsg, error) {
		// Its context never ends: go-libvirt may deadlock when a subscription is cancelled while an event arrives. Closing the
		// connection ends it cleanly.
		return l.LifecycleEvents(context.WithoutCancel(ctx))
	})
	if err != nil {
		link.close()
		return nil, translate(limited, doing, err)
	}
	events := make(chan Event)
	go forward(ctx, link, raw, events)
	return events, nil
}

// forward passes events on until the connection is lost, which it brings about itself when ctx ends.
func forward(ctx context.Context, link *conn, raw <-chan golibvirt.DomainEventLifecycleMsg, events chan<- Event) {
	defer close(events)
	stop := context.AfterFunc(ctx, link.close)
	defer stop()
	defer link.close()
	for msg := range raw {
		event := Event{Ref: refOf(msg.Dom), State: eventStates[golibvirt.DomainEventType(msg.Event)], Detail: msg.Detail}
		select {
		case events <- event:
		case <-ctx.Done(): // nobody listens any more; drain until the close
		}
	}
}
