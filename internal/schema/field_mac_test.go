package schema

import (
	"encoding/json"
	"testing"

	"dewpoint/internal/errs"
)

func TestMAC(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		`"02:00:5e:00:53:01"`: "02:00:5e:00:53:01", `"02-00-5E-00-53-01"`: "02:00:5e:00:53:01", `"0200.5e00.5301"`: "02:00:5e:00:53:01",
		`""`: "", `null`: "", `"02:00:5e:00:53"`: "refused", `"00:00:00:00:fe:80:00:00"`: "refused", `"lan"`: "refused", `true`: "refused",
	} {
		v, err := MAC("mac").Parse(json.RawMessage(raw))
		if want == "refused" != errs.Is(err, errs.Invalid) || err == nil && v.Text() != want {
			t.Errorf("%s is %q, %v; want %s", raw, v.Text(), err, want)
		}
	}
}
