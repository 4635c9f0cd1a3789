package errs

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// Clients of the table API read the field out of the sentence.
func TestField(t *testing.T) {
	t.Parallel()
	tests := []struct {
		got  *Error
		want Error
	}{
		{
			Field("ram", "%d is outside %d to %d", 1, 256, 1024),
			Error{Kind: Invalid, Code: "invalid_ram", Text: "Validation error on field: 'ram' - '1 is outside 256 to 1024'", Field: "ram", Why: "1 is outside 256 to 1024"},
		},
		{
			Field("name", "is required").Coded("required"),
			Error{Kind: Invalid, Code: "required", Text: "Validation error on field: 'name' - 'is required'", Field: "name", Why: "is required"},
		},
		{
			Field("100%d", "%s", "100%s"),
			Error{Kind: Invalid, Code: "invalid_100%d", Text: "Validation error on field: '100%d' - '100%s'", Field: "100%d", Why: "100%s"},
		},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(&tt.want, tt.got, cmpopts.IgnoreUnexported(Error{})); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

// TestErrorsRepeatLittle puts huge texts into every constructor.
func TestErrorsRepeatLittle(t *testing.T) {
	t.Parallel()
	huge := strings.Repeat("ü", 100_000)
	for _, e := range []*Error{
		New(NotFound, "x", "no %q, %s and %d", huge, huge, 1), Wrap(nil, Invalid, "x", "no %s", huge), Field("a", "not %s", huge),
		Field(huge, "is unknown"), New(Invalid, "x", "more: %w", New(Invalid, "y", "%s", huge)),
	} {
		if len(e.Text) > 1000 || !strings.Contains(e.Text, "üüü…") {
			t.Errorf("%d bytes: %.100s", len(e.Text), e.Text)
		}
	}
	if got := New(Invalid, "x", "%s", strings.Repeat("x", MostRepeated)).Text; strings.Contains(got, "…") {
		t.Errorf("a text of %d characters is shortened: %s", MostRepeated, got)
	}
}
