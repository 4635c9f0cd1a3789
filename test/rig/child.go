package rig

import (
	"encoding/json"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// KillAt runs the test's program again, which finds in the variable where it is to work (JSON), until the moment comes, and kills it. It reports whether the
// moment came within two minutes.
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
	for deadline := time.Now().Add(2 * time.Minute); !came && time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		came = moment()
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait() // it was killed
	return came
}
