// Package soak runs campaigns against the built program: kills, generated requests, full disks. `make test` runs a sample of each that
// still finds the defects they have found, `make soak` runs them whole.
package soak

import (
	"iter"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"
)

// scaleVariable says how much of each campaign is run: the sample when it is empty, that many times the whole ("1", "0.2", "10"), or for
// how long each campaign goes on ("2h").
const scaleVariable = "DEWPOINT_SOAK"

// rounds counts the rounds of a campaign: of the sample, of the whole, or until the time is over.
func rounds(t testing.TB, sample, whole int) iter.Seq[int] {
	t.Helper()
	count, until := sample, time.Time{}
	if text := os.Getenv(scaleVariable); text != "" {
		if factor, err := strconv.ParseFloat(text, 64); err == nil {
			count = int(factor * float64(whole))
		} else if length, err := time.ParseDuration(text); err == nil {
			count, until = 1<<40, time.Now().Add(length)
		} else {
			t.Fatalf("%s is %q: a factor or a duration is needed", scaleVariable, text)
		}
	}
	return func(yield func(int) bool) {
		i := 0
		for i < count && (until.IsZero() || time.Now().Before(until)) && yield(i) {
			i++
		}
		t.Logf("%d rounds", i)
	}
}

// seedVariable repeats a campaign that failed with the seed that it printed.
const seedVariable = "DEWPOINT_SOAK_SEED"

// sampleSeed is that of the samples: what a change must pass is the same each time.
const sampleSeed = 20261128

// seed returns what a campaign draws its numbers from, and prints it. The whole campaign draws others each time.
func seed(t testing.TB) uint64 {
	t.Helper()
	n := uint64(sampleSeed)
	if os.Getenv(scaleVariable) != "" {
		n = uint64(time.Now().UnixNano())
	}
	if text := os.Getenv(seedVariable); text != "" {
		given, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("%s: %v", seedVariable, err)
		}
		n = given
	}
	t.Logf("repeat with %s=%d", seedVariable, n)
	return n
}

// draws returns the source of one part of a campaign.
func draws(seed uint64, part int) *rand.Rand { return rand.New(rand.NewPCG(seed, uint64(part))) }
