package vm

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"dewpoint/internal/errs"
	"dewpoint/internal/host/libvirt"
	"dewpoint/internal/keyboard"
	"dewpoint/internal/mark"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/operation"
)

// keyHold is for how long each key is held down, in milliseconds.
const keyHold = 4

// Typist presses keys of guests; *libvirt.Client is one.
type Typist interface {
	Find(ctx context.Context, name string) (libvirt.Ref, error)
	Press(ctx context.Context, ref libvirt.Ref, keys []uint32, hold uint32) error
}

// typing is compute.Paste as the operation keeps it: people type passwords, so the text stays in no row once it was begun, sealed or not.
type typing struct{ compute.Paste }

// MarshalJSON implements json.Marshaler.
func (t typing) MarshalJSON() ([]byte, error) {
	p := t.Paste
	p.Text = ""
	return json.Marshal(p)
}

// Paste is the operation that types text into a guest. It can't be taken back, and what was typed when it was cut off nobody knows: it isn't begun again.
func Paste(instance mark.Instance, host Typist, secrets Opener) operation.Kind {
	return operation.Define(operation.Spec[typing]{AtOnce: 16, Steps: []operation.Step[typing]{{
		Name: "typing", Once: true,
		Do: func(ctx context.Context, r *operation.Run[typing]) (operation.Commit, error) {
			p := r.Params.Paste
			var err error
			if p.Text, err = secrets.Open("vms", strconv.FormatInt(p.VM, 10), compute.SealedPaste, p.Text); err != nil {
				return nil, errs.Wrap(err, errs.Conflict, "text_unreadable", "the server's key was replaced meanwhile; paste the text again")
			}
			return nil, typeText(ctx, instance, host, p, r.Tell)
		},
	}}})
}

func typeText(ctx context.Context, instance mark.Instance, host Typist, p compute.Paste, tell func(percent float64, info string)) error {
	strokes, err := keyboard.Strokes(p.Layout, p.Text)
	if err != nil {
		return err
	}
	ref, err := host.Find(ctx, instance.Domain(p.Machine))
	if err != nil {
		return err
	}
	next := time.NewTicker(time.Duration(p.Delay) * time.Millisecond)
	defer next.Stop()
	for i, keys := range strokes {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-next.C:
		}
		if err := host.Press(ctx, ref, keys, keyHold); err != nil {
			return errs.Wrap(err, errs.Conflict, "paste_cut_off", "the VM stopped taking keys after %d of %d", i, len(strokes))
		}
		tell(100*float64(i+1)/float64(len(strokes)), "")
	}
	return nil
}
