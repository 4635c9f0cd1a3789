package node

import (
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"
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

// tierStats is a change of the counters of a tier, system-wide or of the cluster.
type tierStats[S any] interface {
	Reads(int64) S
	Writes(int64) S
	ReadBytes(int64) S
	WriteBytes(int64) S
	Rops(int64) S
	Wops(int64) S
	Rbps(int64) S
	Wbps(int64) S
}

// counted adds the counters of the disk that a tier lies on; nothing when the kernel doesn't count for that.
func counted[S tierStats[S]](set S, s diskSample, before *diskSample, disk string) S {
	now, ok := s.disks[disk]
	if !ok {
		return set
	}
	set.Reads(now.reads).Writes(now.writes).ReadBytes(now.readBytes).WriteBytes(now.writeBytes)
	if before == nil {
		return set
	}
	then, ok := before.disks[disk]
	passed := s.at.Sub(before.at).Seconds()
	if !ok || passed <= 0 {
		return set
	}
	rate := func(now, then int64) int64 { return int64(float64(max(now-then, 0)) / passed) }
	return set.Rops(rate(now.reads, then.reads)).Wops(rate(now.writes, then.writes)).
		Rbps(rate(now.readBytes, then.readBytes)).Wbps(rate(now.writeBytes, then.writeBytes))
}

// diskOf writes a device number as /proc/diskstats does; see makedev(3) for its bits.
func diskOf(dev uint64) string {
	return fmt.Sprintf("%d:%d", dev>>8&0xfff|dev>>32&^0xfff, dev&0xff|dev>>12&0xffffff00)
}
