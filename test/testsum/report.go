package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// slowSeconds is the running time from which a test gets a line of its own.
const slowSeconds = 5

// event is a line of `go test -json`; see `go doc test2json` and, for builds, `go help buildjson`.
type event struct {
	Action     string
	Package    string
	ImportPath string
	Test       string
	Elapsed    float64
	Output     string
}

// totals counts tests: those without subtests, and what failed with none of them to blame.
type totals struct{ passed, failed, skipped int }

func (t *totals) add(o totals) {
	t.passed += o.passed
	t.failed += o.failed
	t.skipped += o.skipped
}

func (t totals) String() string {
	return fmt.Sprintf("%d passed, %d failed, %d skipped", t.passed, t.failed, t.skipped)
}

// test is what is known of one test; the one named "" stands for its package.
type test struct {
	name    string
	outcome string // "", pass, fail, skip
	output  strings.Builder
	parent  bool // has subtests
	blamed  bool // something inside it failed
}

// report follows one run of go test.
type report struct {
	out    io.Writer
	open   map[string]*tests // by package, until it is done
	total  totals
	builds strings.Builder // what the compiler said
	failed strings.Builder // what the tests that failed said themselves
}

// tests are those of one package, in the order in which they were started: a parent before its subtests.
type tests struct {
	byName map[string]*test
	order  []*test
}

func newReport(out io.Writer) *report {
	return &report{out: out, open: map[string]*tests{}}
}

// readEvents hands each line of r to add. A line that is no event is passed on as output.
func readEvents(r *bufio.Reader, add func(event)) error {
	for {
		line, err := r.ReadBytes('\n')
		if len(line) > 0 {
			var e event
			if json.Unmarshal(line, &e) != nil {
				e = event{Action: "build-output", Output: string(line)}
			}
			add(e)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the events of go test: %w", err)
		}
	}
}

// add takes in one event.
func (r *report) add(e event) {
	switch e.Action {
	case "build-output":
		r.builds.WriteString(e.Output)
	case "run":
		r.test(e)
	case "output":
		r.test(e).output.WriteString(e.Output)
	case "pass", "fail", "skip":
		r.finish(e)
	}
}

// test returns the test an event speaks of, after making it and its parents known.
func (r *report) test(e event) *test {
	pkg := r.open[e.Package]
	if pkg == nil {
		itself := &test{}
		pkg = &tests{byName: map[string]*test{"": itself}, order: []*test{itself}}
		r.open[e.Package] = pkg
	}
	t := pkg.byName[e.Test]
	if t == nil {
		if cut := strings.LastIndexByte(e.Test, '/'); cut > 0 {
			r.test(event{Package: e.Package, Test: e.Test[:cut]}).parent = true
		}
		t = &test{name: e.Test}
		pkg.byName[e.Test] = t
		pkg.order = append(pkg.order, t)
	}
	return t
}

func (r *report) finish(e event) {
	t := r.test(e)
	t.outcome = e.Action
	if e.Action == "pass" {
		t.output.Reset()
	}
	if e.Test != "" {
		if e.Elapsed >= slowSeconds {
			fmt.Fprintf(r.out, "   %-4s %s %s (%.0fs)\n", e.Action, e.Package, e.Test, e.Elapsed)
		}
		return
	}
	sum := r.finishPackage(e)
	r.total.add(sum)
	delete(r.open, e.Package)
}

// finishPackage prints the line of a package that is done, after the output of what failed in it.
func (r *report) finishPackage(e event) totals {
	pkg := r.open[e.Package]
	if r.builds.Len() > 0 {
		fmt.Fprint(r.out, r.builds.String())
		r.builds.Reset()
	}
	sum := pkg.count()
	for _, t := range pkg.order {
		if t.outcome == "fail" || (t.outcome == "" && t.name != "") {
			fmt.Fprint(r.out, t.output.String())
			r.failed.WriteString(brief(e.Package, t))
		}
	}
	word := map[string]string{"pass": "ok", "fail": "FAIL", "skip": "--"}[e.Action]
	if e.Action != "skip" { // a package without tests says skip
		fmt.Fprintf(r.out, "%-4s %s (%.1fs): %s\n", word, e.Package, e.Elapsed, sum)
	}
	return sum
}

// count adds up the tests of a package. A test that failed inside its subtests is not counted again; a
// test that never ended (the process died under it) has failed.
func (p *tests) count() totals {
	var sum totals
	for i := len(p.order) - 1; i >= 0; i-- { // subtests first: they take the blame
		t := p.order[i]
		switch {
		case t.outcome == "fail" || (t.outcome == "" && t.name != ""):
			p.blame(t)
			if !t.blamed {
				sum.failed++
			}
		case t.parent || t.name == "":
		case t.outcome == "skip":
			sum.skipped++
		default:
			sum.passed++
		}
	}
	return sum
}

// blame marks everything around a failed test, so that its failure counts once.
func (p *tests) blame(t *test) {
	for name := t.name; name != ""; {
		name = name[:max(strings.LastIndexByte(name, '/'), 0)]
		if around := p.byName[name]; around != nil {
			around.blamed = true
		}
	}
}

// close counts what never came to an end, and returns the totals.
func (r *report) close() totals {
	for name := range r.open {
		r.finish(event{Action: "fail", Package: name})
	}
	fmt.Fprint(r.out, r.builds.String())
	return r.total
}
