// Command testsum runs groups of tests, shows how they go, and closes with one line of totals.
//
//	testsum -- -race ./internal/... -- -count=1 ./test/e2e
//
// What follows each "--" is one run of `go test -json`; every group runs, whatever the one before it
// came to. A package gets a line when it is done, with the whole output of what failed in it. At the
// end stands what the failed tests said themselves, shortened. The last line is "N passed, N failed, N
// skipped". The exit code is 1 if anything failed, or if no test ran.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ok, err := run(ctx, groups(os.Args[1:]), os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "testsum:", err)
	}
	if !ok || err != nil {
		stop()
		os.Exit(1)
	}
}

// groups splits the arguments at each "--".
func groups(args []string) [][]string {
	var all [][]string
	for _, arg := range args {
		if arg == "--" {
			all = append(all, nil)
		} else if len(all) > 0 {
			all[len(all)-1] = append(all[len(all)-1], arg)
		}
	}
	return all
}

// run runs the groups one after the other and reports whether all went well.
func run(ctx context.Context, groups [][]string, out io.Writer) (bool, error) {
	var sum totals
	var failed strings.Builder
	ok := true
	for _, args := range groups {
		fmt.Fprintf(out, "== go test %s\n", strings.Join(args, " "))
		r := newReport(out)
		exitOK, err := goTest(ctx, args, r)
		if err != nil {
			return false, err
		}
		sum.add(r.close())
		failed.WriteString(r.failed.String())
		ok = ok && exitOK
	}
	fmt.Fprint(out, failed.String())
	fmt.Fprintln(out, sum)
	return ok && sum.failed == 0 && sum.passed > 0, nil
}

// goTest runs one group, handing its events to the report. It tells whether go test exited with 0.
func goTest(ctx context.Context, args []string, r *report) (bool, error) {
	cmd := exec.CommandContext(ctx, "go", append([]string{"test", "-json"}, args...)...)
	cmd.Stderr = os.Stderr
	// An interrupt lets the tests clean up what they made on the host.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return false, fmt.Errorf("go test: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return false, fmt.Errorf("go test: %w", err)
	}
	scanErr := readEvents(bufio.NewReader(pipe), r.add)
	err = cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return false, fmt.Errorf("go test: %w", err)
	}
	return err == nil, scanErr
}
