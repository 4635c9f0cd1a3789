package compute

import (
	"encoding/json"
	"maps"
	"strings"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// Sealer seals what must lie in no row as it is.
type Sealer interface {
	// Seal makes of a secret what is stored of it in a column of the row, which has its key.
	Seal(row *schema.Record, column, secret string) string
}

// withSecrets completes the hooks of VMs with what takes secrets.
func withSecrets(h engine.Hooks, secrets Sealer) engine.Hooks {
	h.Actions = maps.Clone(h.Actions)
	h.Actions["set_password"] = notOfSnapshots(setGuestPassword(secrets))
	h.Actions["paste"] = notOfSnapshots(pasteVM(secrets))
	return h
}

// executeInVM has a command run in a guest, by an operation. Whether an agent is there to run it, the operation finds out: no request waits for a guest.
func executeInVM(w *engine.Inside, r *schema.Record, params schema.Set) error {
	vm, err := runningVM(w, r)
	if err != nil {
		return err
	}
	c, err := commandOf(params["command"].Text(), vm.OSFamily)
	if err != nil {
		return err
	}
	c.Machine, c.Timeout = vm.Machine, params["timeout"].Int()
	return w.Begin(r, c)
}

// setGuestPassword has a user of a guest given another password.
func setGuestPassword(secrets Sealer) engine.Action {
	return func(w *engine.Inside, r *schema.Record, params schema.Set) error {
		vm, err := runningVM(w, r)
		if err != nil {
			return err
		}
		user, password := params["user"].Text(), params["password"].Text()
		switch {
		case strings.ContainsFunc(user, breaks) || strings.Contains(user, ":"):
			return errs.Field("user", "can't have colons, line breaks and zero bytes")
		case strings.ContainsFunc(password, breaks):
			return errs.Field("password", "can't have line breaks and zero bytes")
		}
		return w.Begin(r, compute.GuestPassword{
			VM: vm.Key, Machine: vm.Machine, User: user, Password: secrets.Seal(r, compute.SealedPassword, password), Crypted: params["crypted"].Bool(),
		})
	}
}

// breaks reports whether a character ends a text in a guest's files of users, or a program's argument.
func breaks(c rune) bool { return c == 0 || c == '\n' || c == '\r' }

func runningVM(w *engine.Inside, r *schema.Record) (compute.VM, error) {
	vm := store.RowOf[compute.VM](r)
	status, err := store.GetRow[compute.MachineStatus](w.Tx, vm.Machine)
	if err == nil && !status.Running {
		err = errs.New(errs.Conflict, "vm_not_running", "VM %q isn't running; power it on first", vm.Name)
	}
	return vm, err
}

// commandOf reads a command in each of the forms that it may have.
func commandOf(text, family string) (c compute.GuestCommand, err error) {
	const one = "must be an object with path, a list of path and arguments, or a text"
	var line string
	var list []string
	var whole struct {
		Path  string
		Arg   []string
		Env   []string
		Input string
	}
	raw := []byte(text)
	switch {
	case json.Unmarshal(raw, &line) == nil && line != "":
		list = []string{"/bin/sh", "-c", line}
		if family == "windows" {
			list = []string{"cmd.exe", "/c", line}
		}
	case json.Unmarshal(raw, &list) == nil:
	case json.Unmarshal(raw, &whole) == nil:
		list = append([]string{whole.Path}, whole.Arg...)
	default:
		return c, errs.Field("command", one)
	}
	if len(list) == 0 || list[0] == "" {
		return c, errs.Field("command", one)
	}
	c.Path, c.Args, c.Env, c.Input = list[0], list[1:], whole.Env, whole.Input
	return c, fitsGuest(c)
}

// fitsGuest refuses what no guest could take.
func fitsGuest(c compute.GuestCommand) error {
	const most = 256
	size := len(c.Path) + len(c.Input)
	for _, text := range append(append([]string{c.Path}, c.Args...), c.Env...) {
		size += len(text)
		if strings.Contains(text, "\x00") {
			return errs.Field("command", "can't have zero bytes in its path, arguments and variables")
		}
	}
	if size > compute.MostCommand || len(c.Args)+len(c.Env) > most {
		return errs.Field("command", "is too long: at most %d bytes and %d arguments and variables", compute.MostCommand, most)
	}
	for _, v := range c.Env {
		if strings.IndexByte(v, '=') < 1 {
			return errs.Field("command", "has a variable in env that isn't NAME=value")
		}
	}
	return nil
}
