package mark_test

import (
	"testing"

	"dewpoint/internal/mark"
)

const instance mark.Instance = "ab12"

func TestNamesAreReadBack(t *testing.T) {
	t.Parallel()
	for name, prefix := range map[string]string{
		instance.Namespace(42): instance.Namespaces(), instance.Domain(42): instance.Domains(), instance.Bridge(42): instance.Links() + "b",
	} {
		if got, ok := mark.Key(name, prefix); !ok || got != 42 {
			t.Errorf("%s: got %d, %v", name, got, ok)
		}
	}
	for _, name := range []string{"", "dpab12-", "dpab12-0", "dpab12-01", "dpab12--1", "dpab12-1x", "dpab12-+1", "dpcd34-1", "dpab12-9223372036854775808"} {
		if n, ok := mark.Key(name, instance.Namespaces()); ok {
			t.Errorf("%q is read as %d", name, n)
		}
	}
}

// The kernel takes 15 characters for the name of a link.
func TestLinksFit(t *testing.T) {
	t.Parallel()
	const key = 99_999_999
	for _, name := range []string{instance.Bridge(key), instance.Tap(key), instance.LAN(key), instance.WAN(key)} {
		if len(name) > 15 {
			t.Errorf("%s has %d characters", name, len(name))
		}
	}
}
