package engine_test

import (
	"strings"
	"testing"

	"dewpoint/internal/engine"
	"dewpoint/internal/schema"
)

// TestInnerColumnsAreNoClients: a column that clients can write must not be written past what is asked of theirs.
func TestInnerColumnsAreNoClients(t *testing.T) {
	t.Parallel()
	b := open(t)
	create := func(inner schema.Set) (panicked any) {
		defer func() { panicked = recover() }()
		b.must(b.eng.Do(b.as(b.admin), func(w *engine.Write) error {
			_, err := w.CreateWith("vms", row{"name": "web"}.input(t), inner)
			return err
		}))
		return nil
	}
	if p := create(schema.Set{"meta": schema.TextValue("{}")}); p != nil {
		t.Errorf("a column that no client can write: %v", p)
	}
	if p, _ := create(schema.Set{"name": schema.TextValue("else")}).(string); !strings.Contains(p, "clients can write vms.name") {
		t.Errorf("a column that clients can write: %v", p)
	}
}
