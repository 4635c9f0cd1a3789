package upload

import (
	"context"

	"dewpoint/internal/api/front"
)

// SetPace makes senders keep up another pace.
func (u *Uploads) SetPace(p front.Pace) { u.pace = p }

// MakeRow does the first step of complete, after which a server may be killed.
func (u *Uploads) MakeRow(ctx context.Context, id string) error {
	s, err := u.readSession(id)
	if err == nil {
		_, err = u.makeFile(ctx, s, nil)
	}
	return err
}
