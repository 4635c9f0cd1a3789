package arch

import (
	"reflect"
	"testing"

	"dewpoint/internal/engine"
	"dewpoint/internal/store"
)

// TestDatabaseHasNoSideDoor looks for connections and transactions among what the store and the engine show: a write through one would reach neither
// the log of changes nor the watchers, and would ask nobody for rights.
func TestDatabaseHasNoSideDoor(t *testing.T) {
	t.Parallel()
	for _, shown := range []reflect.Type{
		reflect.TypeFor[*store.DB](), reflect.TypeFor[*store.Tx](), reflect.TypeFor[*engine.Engine](), reflect.TypeFor[*engine.Write](),
	} {
		for i := range shown.NumMethod() {
			m := shown.Method(i)
			for j := range m.Type.NumOut() {
				mayShow(t, shown, m.Name, m.Type.Out(j))
			}
		}
		for _, f := range reflect.VisibleFields(shown.Elem()) {
			if f.IsExported() {
				mayShow(t, shown, f.Name, f.Type)
			}
		}
	}
}

func mayShow(t *testing.T, of reflect.Type, name string, shown reflect.Type) {
	t.Helper()
	if shown.Kind() == reflect.Pointer {
		shown = shown.Elem()
	}
	if shown.PkgPath() == "database/sql" || of.Elem() != reflect.TypeFor[store.DB]() && (shown == reflect.TypeFor[store.DB]() || shown == reflect.TypeFor[store.Tx]()) {
		t.Errorf("%v shows %s, a %v", of, name, shown)
	}
}
