package load

import (
	"fmt"
	"math"
	"regexp"
	"testing"

	"dewpoint/test/harness"
)

// TestCounts measures what it costs that a list tells how many rows there are, beside what it costs a client to count them.
func TestCounts(t *testing.T) {
	needsFlag(t)
	s := harness.Start(t)
	buildCloud(t, s, cloudVMs)
	settle(t, s)
	var counting, keys []string
	for _, path := range lists() {
		counting = append(counting, path+"&count=1")
		keys = append(keys, regexp.MustCompile("fields=most|limit=100").ReplaceAllStringFunc(path, func(s string) string {
			return map[string]string{"fields=most": "fields=$key", "limit=100": "limit=0"}[s]
		}))
	}
	counted, all := wrk(t, s, counting...), wrk(t, s, keys...)
	fmt.Printf("| 100 of 20,000 VMs, the same lists with count=1 | %.0f/s, 99th percentile %.1f ms | | |\n", counted.perSecond, milliseconds(counted.p99))
	ratio := all.perSecond / counted.perSecond
	figure(t, "100 of 20,000 VMs with count=1 ÷ the keys of all that match", math.Round(ratio*100)/100, "×", ratio <= 0.8, "≤ 0.8 ×")
}
