package link

import (
	"slices"
	"testing"

	"github.com/vishvananda/netlink"
)

// TestWhole asks again for a list that was cut, and not for ever.
func TestWhole(t *testing.T) {
	t.Parallel()
	asked := 0
	all, err := whole(func() ([]int, error) {
		if asked++; asked < 3 {
			return []int{1}, netlink.ErrDumpInterrupted
		}
		return []int{1, 2}, nil
	})
	if err != nil || asked != 3 || !slices.Equal(all, []int{1, 2}) {
		t.Errorf("asked %d times: %v, %v", asked, all, err)
	}
	asked = 0
	if _, err := whole(func() ([]int, error) { asked++; return nil, netlink.ErrDumpInterrupted }); err == nil || asked != mostDumps {
		t.Errorf("asked %d times: %v", asked, err)
	}
}
