package resource

import (
	"bytes"
	"encoding/json"
	"io"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"dewpoint/internal/api/resource/frame"
)

// ourHuma makes huma write its own failures in our envelope and describe lists as never null, which they aren't.
var ourHuma = sync.OnceFunc(func() {
	huma.NewError = func(status int, text string, causes ...error) huma.StatusError {
		return humaError(frame.Codes{}, status, text, causes)
	}
	huma.NewErrorWithContext = func(ctx huma.Context, status int, text string, causes ...error) huma.StatusError {
		return humaError(frame.CodesOf(ctx.Operation()), status, text, causes)
	}
	huma.DefaultArrayNullable = false
})

// lenientJSON writes compact JSON, and reads it with members that are null taken for absent: clients send both for "not given".
var lenientJSON = huma.Format{
	Marshal: func(w io.Writer, v any) error {
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(v); err != nil {
			return err
		}
		_, err := w.Write(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
		return err
	},
	Unmarshal: func(data []byte, v any) error {
		var tree any
		if err := json.Unmarshal(data, &tree); err != nil {
			return err
		}
		tree = withoutNulls(tree)
		if into, ok := v.(*any); ok {
			*into = tree
			return nil
		}
		clean, err := json.Marshal(tree)
		if err != nil {
			return err
		}
		return json.Unmarshal(clean, v)
	},
}

// withoutNulls drops the members of objects that are null.
func withoutNulls(tree any) any {
	switch t := tree.(type) {
	case map[string]any:
		for name, v := range t {
			if v == nil {
				delete(t, name)
				continue
			}
			t[name] = withoutNulls(v)
		}
	case []any:
		for i := range t {
			t[i] = withoutNulls(t[i])
		}
	}
	return tree
}
