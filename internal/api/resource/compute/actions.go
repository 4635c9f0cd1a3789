package compute

import (
	"context"
	"fmt"
	"net/http"

	"dewpoint/internal/api/resource/frame"
	"dewpoint/internal/api/resource/shape"
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
)

type actionInput struct {
	ID   string `path:"id"`
	Body struct {
		Action string `json:"action" required:"true" doc:"start, stop, force-stop, destroy, restart, pause, resume or reset"`
		Force  bool   `json:"force"`
	}
}

type shortcutInput struct {
	ID   string `path:"id"`
	Body *struct {
		Force bool `json:"force"`
	}
}

type actionDone struct {
	Message string `json:"message"`
	Action  string `json:"action"`
	VMID    string `json:"vm_id"`
}

// powerAction is the engine's action for one of this dialect.
type powerAction struct {
	name   string
	params schema.Input
	done   string
	ends   bool // makes no sense for a VM that is off
}

var (
	cutPower = powerAction{name: "kill", done: "switched off", ends: true}
	reset    = powerAction{name: "reset", done: "reset"}
)

// powerActions has, for each action, what is done without and with force.
var powerActions = map[string][2]powerAction{
	"start":      {{name: "poweron", done: "started"}, {name: "poweron", done: "started"}},
	"stop":       {{name: "poweroff", done: "asked to shut down", ends: true}, cutPower},
	"force-stop": {cutPower, cutPower},
	"destroy":    {cutPower, cutPower},
	"restart":    {{name: "reset", params: schema.Input{"graceful": engine.Flag(true)}, done: "asked to restart"}, reset},
	"reset":      {reset, reset},
	"pause":      {{name: "pause", done: "paused", ends: true}, {name: "pause", done: "paused", ends: true}},
	"resume":     {{name: "resume", done: "resumed", ends: true}, {name: "resume", done: "resumed", ends: true}},
}

func addActions(s *service, f Family) {
	op := func(id, path, summary, example string) frame.Operation {
		o := f.operation(id+"-vm", http.MethodPost, "/{id}/"+path, summary)
		o.Example = example
		return o
	}
	frame.Add(s.Server, op("act-on", "action", "Start, stop or restart a virtual machine", `{"action":"start"}`), func(ctx context.Context, in *actionInput) (actionDone, error) {
		return s.act(ctx, in.ID, in.Body.Action, in.Body.Force)
	})
	for _, name := range []string{"start", "stop", "restart", "pause", "resume", "reset"} {
		frame.Add(s.Server, op(name, name, "The same as the action "+name, `{"force":false}`), func(ctx context.Context, in *shortcutInput) (actionDone, error) {
			return s.act(ctx, in.ID, name, in.Body != nil && in.Body.Force)
		})
	}
}

func (s *service) act(ctx context.Context, id, name string, force bool) (actionDone, error) {
	v, err := s.vm(ctx, id, perm.Modify)
	if err != nil {
		return actionDone{}, err
	}
	ways, ok := powerActions[name]
	if !ok {
		return actionDone{}, errs.New(errs.Invalid, "invalid_action", "action %q is not known; use start, stop, force-stop, destroy, restart, pause, resume or reset", name).On("action")
	}
	way := ways[0]
	if force {
		way = ways[1]
	}
	if way.ends && v.Machine.Status.Off() {
		return actionDone{}, errs.New(errs.Conflict, "vm_not_running", "VM %q isn't running", v.Name)
	}
	if _, err := s.Engine.Act(ctx, "vms", shape.Key(v.Key), way.name, way.params); err != nil {
		return actionDone{}, err
	}
	return actionDone{Message: fmt.Sprintf("VM %s is being %s", v.Name, way.done), Action: name, VMID: v.UUID}, nil
}
