package compute_test

import (
	"encoding/json"
	"log/slog"
	"testing"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
	"dewpoint/test/rig"
)

// TestTemplatesThatCannotBe: what VMs get of a template's metadata is members of an object, so it has to be one.
func TestTemplatesThatCannotBe(t *testing.T) {
	t.Parallel()
	s := rig.Start(t, t.TempDir(), slog.New(slog.DiscardHandler))
	ctx := perm.WithActor(t.Context(), perm.System("admin"))
	create := func(name, metadata string) error {
		return s.Engine.Do(ctx, func(w *engine.Write) error {
			_, err := w.Create("vm_templates", schema.Input{
				"name": engine.Text(name), "os_type": engine.Text("linux"), "min_memory": engine.Number(256), "min_vcpus": engine.Number(1), "min_disk": engine.Number(1),
				"metadata": json.RawMessage(metadata),
			})
			return err
		})
	}
	for name, bad := range map[string]string{"a list": `["a"]`, "a number": `7`, "a text": `"a"`} {
		if err := create(name, bad); errs.As(err) == nil || errs.As(err).Field != "metadata" {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, good := range map[string]string{"none": `null`, "empty": `{}`, "an object": `{"team":"blue"}`} {
		if err := create(name, good); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
