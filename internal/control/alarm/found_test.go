package alarm

import (
	"slices"
	"strings"
	"testing"

	"dewpoint/internal/model/system"
)

// TestManyFoundThings: up to twenty of a kind have an alarm each, more have one together.
func TestManyFoundThings(t *testing.T) {
	t.Parallel()
	var rows []system.Quarantine
	for key := range int64(mostFound) {
		rows = append(rows, system.Quarantine{Key: 100 + key, Kind: system.FoundDisk, Path: "disk"})
	}
	rows = append(rows, system.Quarantine{Key: 1, Kind: system.FoundFile, Path: "files/7"})
	if got := factsOf(rows, "system/1"); len(got) != mostFound+1 {
		t.Fatalf("%d things have %d alarms", len(rows), len(got))
	}
	for key := range int64(480) {
		rows = append(rows, system.Quarantine{Key: 200 + key, Kind: system.FoundDisk, Path: "disk"})
	}
	slices.Reverse(rows)
	got := factsOf(rows, "system/1")
	if len(got) != 2 || got[0].subOwner != "quarantine/1" || got[1].subOwner != "quarantine/100" || !strings.Contains(got[1].text, "more than 20") {
		t.Errorf("500 disks and a file have the alarms %+v", got)
	}
}
