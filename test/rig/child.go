package rig

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// KillAt runs the test's program again, which finds in the variable where it is to work (JSON), until the moment comes, and kills it. Without a moment the
// program is to kill itself. It reports whether that came within two minutes, and before the program ended otherwise.
func KillAt(t testing.TB, variable string, at any, moment func() bool) (came bool) {
	t.Helper()
	text, err := json.Marshal(at)
	must(t, err)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), variable+"="+string(text))
	cmd.Stderr = os.Stderr
	runtime.LockOSThread() // the death signal follows the thread, and threads end in here
	defer runtime.UnlockOSThread()
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	must(t, cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	limit := time.After(2 * time.Minute)
	for moment == nil || !moment() {
		select {
		case err := <-ended:
			return moment == nil && killedItself(err)
		case <-limit:
			_ = cmd.Process.Kill()
			<-ended
			return false
		case <-time.After(time.Millisecond):
		}
	}
	_ = cmd.Process.Kill()
	<-ended // by that
	return true
}

func killedItself(err error) bool {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && status.Signaled()
}
