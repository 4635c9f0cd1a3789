package osinfo_test

import (
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dewpoint/internal/errs"
	"dewpoint/internal/host/osinfo"
)

func TestVariants(t *testing.T) {
	t.Parallel()
	d := osinfo.New("testdata")
	for range 2 { // the second time it is known
		got, err := d.Variants()
		if diff := cmp.Diff([]osinfo.Variant{
			{ID: "http://debian.org/debian/12", ShortID: "debian12", Name: "Debian 12", Version: "12", Family: "linux", Distro: "debian", Vendor: "Debian Project"},
			{ID: "http://microsoft.com/win/11", ShortID: "win11", Name: "Microsoft Windows 11", Version: "11", Family: "winnt", Distro: "win", Vendor: "Microsoft Corporation"},
		}, got); err != nil || diff != "" {
			t.Error(err, diff)
		}
	}
	if _, err := osinfo.New(t.TempDir()).Variants(); !errs.Is(err, errs.Unavailable) {
		t.Errorf("without a database: %v", err)
	}
}

// TestRealDatabase reads the one of osinfo-db, where that is installed.
func TestRealDatabase(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("DEWPOINT_OSINFO")
	if dir == "" {
		dir = osinfo.Dir
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skip("osinfo-db isn't installed")
	}
	got, err := osinfo.New(dir).Variants()
	if err != nil || len(got) < 300 {
		t.Fatalf("%d operating systems, %v", len(got), err)
	}
	if !slices.ContainsFunc(got, func(v osinfo.Variant) bool {
		return v.ShortID == "debian11" && v.Name == "Debian 11" && v.Family == "linux"
	}) {
		t.Error("Debian 11 isn't among them")
	}
}
