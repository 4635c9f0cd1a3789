package upload_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"dewpoint/internal/api/front"
)

// trickle is a body that comes a byte at a time and never ends by itself.
type trickle struct {
	*time.Ticker
	ctx context.Context
}

func (b trickle) Read(p []byte) (int, error) {
	select {
	case <-b.ctx.Done():
		return 0, errors.New("the sender has gone")
	case <-b.C:
		p[0] = 'x'
		return 1, nil
	}
}

// A sender who is slower than the least pace is cut off, though never silent for long. What came is kept, and the upload goes on from there.
func TestTrickleIsCut(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.uploads.SetPace(front.Pace{Idle: time.Hour, Window: 100 * time.Millisecond, Least: 1 << 20})
	const size = 10 << 20
	id := s.create(size)
	body := trickle{time.NewTicker(2 * time.Millisecond), t.Context()}
	defer body.Stop()
	a, err := s.tryPatch(id, 0, body)
	for try := 0; err != nil && try < 5; try++ { // a sender who is starved of CPU may find the connection gone before it reads the answer
		a, err = s.tryPatch(id, s.offset(id), body)
	}
	if err != nil || a.Code != "chunk_cut" {
		t.Fatalf("status %d, code %q, %v", a.Status, a.Code, err)
	}
	came := s.offset(id)
	if came == 0 || came == size {
		t.Errorf("%d bytes were kept", came)
	}
	if a = s.patch(id, came, repeat(5)); a.Status != http.StatusNoContent || s.offset(id) != came+5 {
		t.Errorf("the next chunk: status %d, code %q, offset %d", a.Status, a.Code, s.offset(id))
	}
}
