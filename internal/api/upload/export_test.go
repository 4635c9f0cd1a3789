package upload

import "dewpoint/internal/api/front"

// SetPace makes senders keep up another pace.
func (u *Uploads) SetPace(p front.Pace) { u.pace = p }
