package compute

import "dewpoint/internal/schema"

// MostCommand is how many bytes a command for a guest may have, its input included.
const MostCommand = 64 << 10

// The time that a command in a guest has, in seconds.
const (
	CommandTimeout     = 60
	MostCommandTimeout = 600
)

// GuestCommand is what the action execute runs in a guest.
type GuestCommand struct {
	Machine int64    `json:"machine"`
	Path    string   `json:"path"`
	Args    []string `json:"arg"`
	Env     []string `json:"env"`
	Input   string   `json:"input"`
	Timeout int64    `json:"timeout"` // in seconds
	PID     int64    `json:"pid"`     // the guest's number of its process, once it runs
}

// Operation names the kind.
func (GuestCommand) Operation() string { return "vm_execute" }

// GuestPassword is what the action set_password gives a user of a guest.
type GuestPassword struct {
	VM       int64  `json:"vm"`
	Machine  int64  `json:"machine"`
	User     string `json:"user"`
	Password string `json:"password"` // sealed for the VM's row
	Crypted  bool   `json:"crypted"`
}

// Operation names the kind.
func (GuestPassword) Operation() string { return "vm_set_password" }

// SealedPassword is the column of vms that the password is sealed for. There is none of that name: it is kept nowhere but in the operation, until it has ended.
const SealedPassword = "guest_password"

// agentActions are those that a guest's agent carries out.
func agentActions() schema.Actions {
	return schema.Actions{
		{
			Name: "execute",
			Doc: "have the guest's agent run a command. The operation's result has exitcode, stdout and stderr, of which 64 KiB each are kept. " +
				"Cancelling the operation doesn't end the command",
			Params: schema.Fields{
				schema.JSON("command").Required().Example(`{"path":"/bin/uname","arg":["-a"]}`).
					Doc("an object with path, and where needed arg and env (lists of texts) and input (for its standard input); a list of path and arguments; or a text for the guest's shell"),
				schema.Uint32("timeout").Default(CommandTimeout).Range(1, MostCommandTimeout).Unit("seconds").Doc("how long it may run until the operation fails. It isn't ended"),
			},
		},
		{
			Name: "set_password", Doc: "have the guest's agent give a user of the guest another password",
			Params: schema.Fields{
				schema.String("user").Required().Len(1, 256).Example("root"),
				schema.String("password").Required().Len(1, 512).Secret().Example("correct horse"),
				schema.Bool("crypted").Doc("the password is a digest as in the guest's own file of passwords"),
			},
		},
	}
}
