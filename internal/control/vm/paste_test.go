package vm

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"dewpoint/internal/errs"
	"dewpoint/internal/host/libvirt"
	"dewpoint/internal/model/compute"
)

// keysOf notes what was pressed, and fails after that many.
type keysOf struct {
	domain string
	keys   [][]uint32
	most   int
}

func (k *keysOf) Find(_ context.Context, name string) (libvirt.Ref, error) {
	return libvirt.Ref{Name: name}, nil
}

func (k *keysOf) Press(_ context.Context, ref libvirt.Ref, keys []uint32, _ uint32) error {
	if len(k.keys) == k.most {
		return errors.New("gone")
	}
	k.domain, k.keys = ref.Name, append(k.keys, keys)
	return nil
}

func TestPaste(t *testing.T) {
	t.Parallel()
	host, told := &keysOf{most: 3}, 0.0
	tell := func(percent float64, _ string) { told = percent }
	p := compute.Paste{Machine: 7, Text: "Hi\n", Layout: "en-us", Delay: 1}
	if err := typeText(t.Context(), "abcd", host, p, tell); err != nil || told != 100 {
		t.Errorf("%v at %v %%", err, told)
	}
	if want := [][]uint32{{42, 35}, {23}, {28}}; host.domain != "dp-abcd-7" || !reflect.DeepEqual(host.keys, want) {
		t.Errorf("%v was pressed in %s", host.keys, host.domain)
	}
	if err := typeText(t.Context(), "abcd", host, p, tell); !errs.Is(err, errs.Conflict) {
		t.Errorf("a guest that went: %v", err)
	}
}

// TestPastedTextIsNotKept: what the operation writes into its row has no text.
func TestPastedTextIsNotKept(t *testing.T) {
	t.Parallel()
	raw, err := json.Marshal(typing{compute.Paste{Machine: 7, Text: "secret"}})
	if err != nil || strings.Contains(string(raw), "secret") {
		t.Errorf("%s, %v", raw, err)
	}
	var back typing
	if err := json.Unmarshal([]byte(`{"machine":7,"text":"secret"}`), &back); err != nil || back.Text != "secret" {
		t.Errorf("%+v, %v", back, err)
	}
}
