package node

import (
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"dewpoint/internal/schema"
)

// sectorBytes is the unit of /proc/diskstats, whatever the disk's own sectors are.
const sectorBytes = 512

// counters are what a disk has done since the host started.
type counters struct{ reads, readBytes, writes, writeBytes int64 }

// diskSample is what the disks had done at one moment, by their numbers as in "8:1".
type diskSample struct {
	at    time.Time
	disks map[string]counters
}

// readDisks reads /proc/diskstats; hosts without it (some containers) have no disks to tell of.
func readDisks(root fs.FS, now time.Time) diskSample {
	s := diskSample{at: now, disks: map[string]counters{}}
	text, err := fs.ReadFile(root, "proc/diskstats")
	if err != nil {
		return s
	}
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line) // major minor name reads merged sectors ms writes merged sectors …
		if len(words) < 10 {
			continue
		}
		n := func(i int) int64 { v, _ := strconv.ParseInt(words[i], 10, 64); return v }
		s.disks[words[0]+":"+words[1]] = counters{reads: n(3), readBytes: n(5) * sectorBytes, writes: n(7), writeBytes: n(9) * sectorBytes}
	}
	return s
}

// columns are those of a tier's counters; none when the kernel doesn't count for what the tier lies on.
func (s diskSample) columns(disk string, before *diskSample) schema.Set {
	now, ok := s.disks[disk]
	if !ok {
		return nil
	}
	number := schema.IntValue
	set := schema.Set{
		"reads": number(now.reads), "writes": number(now.writes), "read_bytes": number(now.readBytes), "write_bytes": number(now.writeBytes),
	}
	if before == nil {
		return set
	}
	then, ok := before.disks[disk]
	passed := s.at.Sub(before.at).Seconds()
	if !ok || passed <= 0 {
		return set
	}
	rate := func(now, then int64) schema.Value { return number(int64(float64(max(now-then, 0)) / passed)) }
	set["rops"], set["wops"] = rate(now.reads, then.reads), rate(now.writes, then.writes)
	set["rbps"], set["wbps"] = rate(now.readBytes, then.readBytes), rate(now.writeBytes, then.writeBytes)
	return set
}

// diskOf writes a device number as /proc/diskstats does; see makedev(3) for its bits.
func diskOf(dev uint64) string {
	return fmt.Sprintf("%d:%d", dev>>8&0xfff|dev>>32&^0xfff, dev&0xff|dev>>12&0xffffff00)
}
