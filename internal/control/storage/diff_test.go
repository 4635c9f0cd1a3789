package storage

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"dewpoint/internal/model/compute"
)

func TestDecide(t *testing.T) {
	t.Parallel()
	const mib = 1 << 20
	at := func(path string, size int64) observed {
		return observed{path: path, want: "/p/1", size: size, used: 2 * mib}
	}
	nowhere := observed{want: "/p/1"}
	fresh := Status{Status: "offline"}
	ready := Status{Status: "offline", Ready: true, Progress: 100, UsedBytes: 2 * mib}
	importing := Status{Status: "importing"}
	of := compute.ImportSource{File: 3}
	online := ready
	online.Status = "online"
	whole, partial := &Source{Key: 3, Complete: true}, &Source{Key: 3}
	cases := []struct {
		name   string
		drive  Drive
		seen   observed
		action action
		want   Status
	}{
		{"new disk", Drive{Media: "disk", Size: 8 * mib, Last: fresh}, nowhere, create, Status{Status: "initializing"}},
		{"disk at rest", Drive{Media: "disk", Size: 8 * mib, Last: ready}, at("/p/1", 8*mib), nothing, ready},
		{"disk of a running guest", Drive{Media: "disk", Size: 8 * mib, InUse: true, Last: online}, at("/p/1", 8*mib), nothing, online},
		{"it grew a little", Drive{Media: "disk", Size: 8 * mib, Last: ready}, observed{path: "/p/1", want: "/p/1", size: 8 * mib, used: 2*mib + 4096}, nothing, ready},
		{
			"its file is lost",
			Drive{Media: "disk", Size: 8 * mib, Last: ready},
			nowhere, nothing,
			Status{Status: "error", Info: "the disk's file is missing", Ready: true},
		},
		{"bigger", Drive{Media: "disk", Size: 16 * mib, Last: ready}, at("/p/1", 8*mib), grow, ready},
		{"bigger, but in use", Drive{Media: "disk", Size: 16 * mib, InUse: true, Last: online}, at("/p/1", 8*mib), nothing, online},
		{"smaller is never done", Drive{Media: "disk", Size: 4 * mib, Last: ready}, at("/p/1", 8*mib), nothing, ready},
		{"on another machine now", Drive{Media: "disk", Size: 8 * mib, Last: ready}, at("/q/1", 8*mib), move, ready},
		{
			"import waits for the upload",
			Drive{Media: "import", Source: partial, Last: fresh},
			nowhere, nothing,
			Status{Status: "importing", Info: "waiting for the upload of its file"},
		},
		{"import", Drive{Media: "import", Source: whole, Last: fresh}, nowhere, ask, fresh},
		{"clone", Drive{Media: "clone", Source: whole, Last: fresh}, nowhere, ask, fresh},
		{"an import is under way", Drive{Media: "import", Source: whole, Last: importing, Import: &Import{Open: true}}, nowhere, nothing, importing},
		{"an import has made its file", Drive{Media: "import", Source: whole, Last: importing, Import: &Import{Open: true}}, at("/p/1", 8*mib), nothing, importing},
		{
			"an import was refused",
			Drive{Media: "import", Source: whole, Last: importing, Import: &Import{Info: "no image", Of: of}},
			nowhere, nothing,
			Status{Status: "error", Info: "no image"},
		},
		{
			"an import was cancelled",
			Drive{Media: "import", Source: whole, Last: importing, Import: &Import{Cancelled: true, Of: of}},
			nowhere, nothing,
			Status{Status: "error", Info: "the import of its file was cancelled; change the drive's size, tier or file to begin it anew"},
		},
		{"an import was refused to a smaller disk", Drive{Media: "import", Size: mib, Source: whole, Last: importing, Import: &Import{Of: of}}, nowhere, ask, importing},
		{"deleted while it is imported", Drive{Media: "import", Deleted: true, Last: importing, Import: &Import{Open: true}}, nowhere, cancel, importing},
		{"deleted after its import", Drive{Media: "import", Deleted: true, Last: importing, Import: &Import{Cancelled: true}}, nowhere, remove, importing},
		{
			"import of nothing",
			Drive{Media: "import", Last: fresh},
			nowhere, nothing,
			Status{Status: "error", Info: "there is no file to make the disk from"},
		},
		{
			"import tells its size",
			Drive{Media: "import", Source: whole, Last: ready},
			at("/p/1", 8*mib), nothing,
			Status{Status: "offline", Ready: true, Progress: 100, UsedBytes: 2 * mib, Size: 8 * mib},
		},
		{"empty tray", Drive{Media: "cdrom", Last: fresh}, nowhere, nothing, Status{Status: "offline", Ready: true, Progress: 100}},
		{"tray with a medium", Drive{Media: "cdrom", Source: whole, Last: fresh}, nowhere, nothing, Status{Status: "offline", Ready: true, Progress: 100}},
		{
			"its medium is being uploaded",
			Drive{Media: "cdrom", Source: partial, Last: fresh},
			nowhere, nothing,
			Status{Status: "offline", Info: "waiting for the upload of its file"},
		},
		{"deleted", Drive{Media: "disk", Deleted: true, Last: ready}, at("/p/1", 8*mib), remove, ready},
		{"deleted, but in use", Drive{Media: "disk", Deleted: true, InUse: true, Last: online}, at("/p/1", 8*mib), nothing, online},
	}
	for _, c := range cases {
		got := decide(&c.drive, c.seen)
		if got.action != c.action {
			t.Errorf("%s: action %q, want %q", c.name, got.action, c.action)
		}
		if diff := cmp.Diff(c.want, got.status); diff != "" {
			t.Errorf("%s: status (-want +got):\n%s", c.name, diff)
		}
	}
}
