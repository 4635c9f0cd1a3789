package stats

import (
	"math"
	"time"

	"dewpoint/internal/model/compute"
	"dewpoint/internal/schema"
)

// changed is what a pass has to write into a row of machine_stats.
type changed struct {
	key schema.Value
	set schema.Set
}

// diff compares what was seen with the rows. It is pure.
func diff(s state, now, before map[int64]sample) (change []changed) {
	for _, r := range s.vms {
		set := r.Changes(schema.Set(measure(now, before, r.Key.Int(), s.cores)))
		if len(set) > 0 {
			change = append(change, changed{r.Key, set})
		}
	}
	return change
}

// measure returns the columns of machine_stats of a VM. All are null for one that doesn't run, and those that take two looks after the first.
func measure(now, before map[int64]sample, key, nodeCores int64) compute.MachineStatsSet {
	of := compute.MachineStatsCol
	set := compute.MachineStatsSet{}.Null(
		of.TotalCPU, of.VmusageCPU, of.RAMUsed, of.RAMPct, of.VramUsed, of.CoreUsagelist, of.CorePeak,
		of.CoreCountGt25, of.CoreCountGt50, of.CoreCountGt75, of.CPUTime,
	)
	n, running := now[key]
	if !running {
		return set
	}
	n.memory(set)
	set.CPUTime(int64(n.CPU / time.Second))
	if b, seen := before[key]; seen {
		n.processors(set, b, nodeCores)
	}
	return set
}

// memory is what the guest says that it uses, or what its process takes while it says nothing.
func (s sample) memory(set compute.MachineStatsSet) {
	used := s.Resident
	if s.Total > 0 && s.Usable > 0 {
		used = s.Total - s.Usable
	}
	if s.Given == 0 {
		return
	}
	const mib = 1 << 20
	set.RAMUsed(used / mib).VramUsed(s.Given / mib).RAMPct(min(used*100/s.Given, 100))
}

// processors is what was used since the look before. A machine that was started anew in between began to count anew.
func (s sample) processors(set compute.MachineStatsSet, before sample, nodeCores int64) {
	passed := s.at.Sub(before.at)
	if passed <= 0 || len(s.VCPUs) == 0 || len(s.VCPUs) != len(before.VCPUs) || s.CPU < before.CPU {
		return
	}
	each, sum := make([]int64, len(s.VCPUs)), time.Duration(0)
	for i := range s.VCPUs {
		took := s.VCPUs[i] - before.VCPUs[i]
		if took < 0 {
			return
		}
		sum += took
		each[i] = percent(took, passed)
	}
	set.TotalCPU(percent(sum, passed*time.Duration(len(each)))).CoreUse(each)
	if s.CPU > 0 && nodeCores > 0 {
		set.VmusageCPU(percent(s.CPU-before.CPU, passed*time.Duration(nodeCores)))
	}
}

// percent is a part of the whole, in whole percent: two looks lie a little further apart than the clock says, or nearer.
func percent(part, whole time.Duration) int64 {
	return min(max(int64(math.Round(float64(part)*100/float64(whole))), 0), 100)
}
