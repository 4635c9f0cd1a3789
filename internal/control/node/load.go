package node

import (
	"io/fs"
	"strconv"
	"strings"

	"dewpoint/internal/model/compute"
)

// ticks is what a processor did with its time since the host started, in clock ticks (proc_stat(5)).
type ticks struct{ user, system, idle, iowait, irq, guest int64 }

func (t ticks) total() int64 { return t.user + t.system + t.idle + t.iowait + t.irq }

func (t ticks) since(before ticks) ticks {
	return ticks{t.user - before.user, t.system - before.system, t.idle - before.idle, t.iowait - before.iowait, t.irq - before.irq, t.guest - before.guest}
}

// percent is a part of the whole, in percent.
func (t ticks) percent(part int64) int64 {
	if t.total() <= 0 {
		return 0
	}
	return min(max(part*100/t.total(), 0), 100)
}

func (t ticks) busy() int64 { return t.percent(t.user + t.system + t.irq) }

// load is what the host says of its use at one moment.
type load struct {
	all     ticks
	cores   []ticks
	ramUsed int64 // MiB
}

// readLoad reads /proc/stat and /proc/meminfo.
func readLoad(root fs.FS) (l load, err error) {
	text, err := fs.ReadFile(root, "proc/stat")
	if err != nil {
		return l, err
	}
	for key, value := range pairs(text, " ") {
		switch {
		case key == "cpu":
			l.all = readTicks(value)
		case strings.HasPrefix(key, "cpu"):
			l.cores = append(l.cores, readTicks(value))
		}
	}
	if text, err = fs.ReadFile(root, "proc/meminfo"); err != nil {
		return l, err
	}
	var total, available int64
	for key, value := range pairs(text, ":") {
		switch kib, _ := strconv.ParseInt(strings.TrimSuffix(value, " kB"), 10, 64); key {
		case "MemTotal":
			total = kib
		case "MemAvailable":
			available = kib
		}
	}
	l.ramUsed = (total - available) / 1024
	return l, nil
}

// readTicks reads a line of /proc/stat. What guests had is in the first two figures too, and steal is time that we didn't have.
func readTicks(line string) ticks {
	var n [10]int64 // user nice system idle iowait irq softirq steal guest guest_nice
	for i, word := range strings.Fields(line) {
		if i < len(n) {
			n[i], _ = strconv.ParseInt(word, 10, 64)
		}
	}
	return ticks{user: n[0] + n[1], system: n[2], idle: n[3], iowait: n[4], irq: n[5] + n[6], guest: n[8] + n[9]}
}

// columns are those of machine_stats that follow from two moments; without an earlier one nothing is known of the processors.
func (l load) columns(before *load, ramMiB int64) compute.MachineStatsSet {
	set := compute.MachineStatsSet{}.RAMUsed(l.ramUsed)
	if ramMiB > 0 {
		set.RAMPct(l.ramUsed * 100 / ramMiB)
	}
	d, known := l.since(before)
	if !known {
		return set
	}
	set.TotalCPU(d.busy()).UserCPU(d.percent(d.user)).SystemCPU(d.percent(d.system)).IowaitCPU(d.percent(d.iowait)).
		IrqCPU(d.percent(d.irq)).VmusageCPU(d.percent(d.guest))
	each := make([]int64, len(l.cores))
	for i := range l.cores {
		each[i] = l.cores[i].since(before.cores[i]).busy()
	}
	return set.CoreUse(each)
}

// since is how the processors spent their time from an earlier moment on, if there is one.
func (l load) since(before *load) (spent ticks, known bool) {
	if before == nil || len(before.cores) != len(l.cores) {
		return ticks{}, false
	}
	return l.all.since(before.all), true
}
