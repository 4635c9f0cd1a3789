package seal_test

import (
	"strings"
	"testing"

	"dewpoint/internal/seal"
)

func TestOpensForItsKeyAndPlaceAlone(t *testing.T) {
	t.Parallel()
	key := seal.Derive([]byte("secret"), "test")
	text := key.Seal([]byte("JBSWY3DPEHPK3PXP"), "users/3")
	if !seal.Is(text) || strings.Contains(text, "JBSWY3DP") {
		t.Errorf("sealed: %s", text)
	}
	if text == key.Seal([]byte("JBSWY3DPEHPK3PXP"), "users/3") {
		t.Error("the same secret gives the same text twice")
	}
	if got, err := key.Open(text, "users/3"); err != nil || string(got) != "JBSWY3DPEHPK3PXP" {
		t.Errorf("opened: %q, %v", got, err)
	}
	_, bare, _ := strings.Cut(text, ":")
	if got, err := key.Open(bare, "users/3"); err != nil || string(got) != "JBSWY3DPEHPK3PXP" {
		t.Errorf("a text of an older version: %q, %v", got, err)
	}
	flipped := []byte(text)
	flipped[len(flipped)-5] ^= 1
	for what, try := range map[string]struct {
		key         seal.Key
		text, place string
	}{
		"another place":   {key, text, "users/4"},
		"no place":        {key, text, ""},
		"another purpose": {seal.Derive([]byte("secret"), "other"), text, "users/3"},
		"another secret":  {seal.Derive([]byte("Secret"), "test"), text, "users/3"},
		"changed":         {key, string(flipped), "users/3"},
		"cut off":         {key, text[:20], "users/3"},
		"empty":           {key, "", "users/3"},
		"never sealed":    {key, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "users/3"},
	} {
		if got, err := try.key.Open(try.text, try.place); err == nil {
			t.Errorf("%s opens it: %q", what, got)
		}
	}
}
