package engine_test

import (
	"encoding/json"
	"testing"

	"dewpoint/internal/errs"
	"dewpoint/internal/model"
	"dewpoint/internal/model/system"
	"dewpoint/internal/operation"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/test/rig"
)

// packed are the params of an operation that only this test has, as its steps read them.
type packed struct {
	Key   int64           `json:"key"`
	Name  string          `json:"name"`
	Deep  bool            `json:"deep"`
	Whole bool            `json:"whole"`
	Level int64           `json:"level"`
	With  json.RawMessage `json:"with"`
}

func (packed) Operation() string { return "test_pack" }

// openPacking is open with a VM that has an action which begins such an operation.
func openPacking(t *testing.T) (b *bench, vm int64) {
	t.Helper()
	s := model.Schema()
	vms := s.Table("vms")
	vms.Actions = append(vms.Actions, schema.Action{Name: "pack", Operation: "test_pack", Params: schema.Fields{
		schema.String("name").Required().Len(1, 8), schema.Bool("deep"), schema.Bool("whole"), schema.Uint32("level").Default(3), schema.JSON("with"),
	}})
	b = openOn(t, rig.DatabaseOf(t, t.TempDir(), s))
	return b, b.make("vms", row{"name": "a"})
}

// TestParamsReachTheSteps as clients write them: a boolean is true or false.
func TestParamsReachTheSteps(t *testing.T) {
	t.Parallel()
	b, vm := openPacking(t)
	given := row{"name": "x", "deep": "1", "whole": nil, "with": map[string]any{"a": []int{1}}}
	if _, err := b.eng.Act(b.as(b.admin), "vms", schema.IntValue(vm).Text(), "pack", given.input(t)); err != nil {
		t.Fatal(err)
	}
	b.must(b.db.View(t.Context(), func(tx *store.Tx) error {
		rows, err := store.FindRows[system.Operation](tx)
		if err != nil || len(rows) != 1 || rows[0].Status != operation.Queued {
			t.Fatalf("there are the operations %+v, %v", rows, err)
		}
		var got packed
		if err := json.Unmarshal([]byte(rows[0].Params), &got); err != nil {
			t.Fatal(err)
		}
		if got.Key != vm || got.Name != "x" || !got.Deep || got.Whole || got.Level != 3 || string(got.With) != `{"a":[1]}` {
			t.Errorf("%s is read as %+v", rows[0].Params, got)
		}
		return nil
	}))
}

// TestRequiredParams: an action isn't done without what it needs, and the error names the param.
func TestRequiredParams(t *testing.T) {
	t.Parallel()
	b, vm := openPacking(t)
	for text, given := range map[string]row{"missing": {"deep": true}, "null": {"name": nil}, "empty": {"name": ""}} {
		_, err := b.eng.Act(b.as(b.admin), "vms", schema.IntValue(vm).Text(), "pack", given.input(t))
		if e := errs.As(err); !errs.Is(err, errs.Invalid) || e.Field != "name" {
			t.Errorf("%s: the action answers %v", text, err)
		}
	}
	b.must(b.db.View(t.Context(), func(tx *store.Tx) error {
		if n, err := tx.Count("operations"); err != nil || n != 0 {
			t.Errorf("%d operations were begun, %v", n, err)
		}
		return nil
	}))
}
