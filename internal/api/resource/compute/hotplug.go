package compute

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"dewpoint/internal/api/resource/frame"
	"dewpoint/internal/api/resource/shape"
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
)

type hotplugInput struct {
	ID   string `path:"id"`
	Body hotplugBody
}

// hotplugBody is what the specification and the original UI send, who call things differently.
type hotplugBody struct {
	Type          string         `json:"resource_type" required:"true" enum:"cpu,memory,disk,network,usb"`
	Action        string         `json:"action" enum:"add,remove,update" doc:"add if not given"`
	Operation     string         `json:"operation" enum:"add,remove,update" doc:"the same as action"`
	Config        *hotplugConfig `json:"config"`
	Configuration *hotplugConfig `json:"configuration" doc:"the same as config"`
}

// hotplugConfig has the members of all resource types.
type hotplugConfig struct {
	VCPUs  int64 `json:"vcpus" minimum:"0" maximum:"256" doc:"cpu: how many the VM shall have"`
	Count  int64 `json:"count" minimum:"0" maximum:"256" doc:"the same as vcpus"`
	Memory int64 `json:"memory" minimum:"0" maximum:"1048576" doc:"memory: in MiB, how much the VM shall have"`
	SizeMB int64 `json:"size_mb" minimum:"0" maximum:"1048576" doc:"the same as memory"`

	Source      string `json:"source" doc:"disk: a file of the library to begin with, or the disk to remove; network: the name of a network"`
	Target      string `json:"target" doc:"remove: the disk or card by its target"`
	Bus         string `json:"bus" doc:"disk: virtio, scsi or usb"`
	Readonly    bool   `json:"readonly"`
	Size        int64  `json:"size" minimum:"0" maximum:"65536" doc:"disk: in GiB; with no source a new one is made"`
	StoragePool string `json:"storage_pool" doc:"disk: default, or tier1 to tier5"`
	Delete      bool   `json:"delete" doc:"remove: delete the disk with its content, or the card, once it is out"`

	Type  string `json:"type" doc:"network: network, or nat, which means the same"`
	Model string `json:"model"`
	MAC   string `json:"mac" doc:"of the card to add, or to remove"`

	USBConfig
}

// USBConfig describes a device of the host, which can't be given to a VM yet.
type USBConfig struct {
	VendorID  any `json:"vendor_id"`
	ProductID any `json:"product_id"`
	DeviceBus any `json:"device"`
}

type hotplugged struct {
	VMID         string            `json:"vm_id"`
	ResourceType string            `json:"resource_type"`
	Action       string            `json:"action"`
	Message      string            `json:"message"`
	Details      map[string]string `json:"details" doc:"id of the disk or card"`
	Jobs         []string          `json:"jobs,omitempty" doc:"ids of the jobs that end when the guest has it, or has let go of it"`
	NeedRestart  bool              `json:"need_restart" doc:"the guest gets it at its next start"`
}

func addHotplug(s *service, f Family) {
	op := func(id, path, summary, example string) frame.Operation {
		o := f.operation(id, http.MethodPost, "/{id}/"+path, summary)
		o.Codes.Invalid, o.Codes.Fields = "INVALID_REQUEST", map[string]string{}
		o.Doc = "Disks and cards are plugged by a job, which jobs names: it ends when the guest has the device, or has let go of it. CPUs and memory change as the guest's system lets them; " +
			"need_restart says that they come with the next start. The devices of a VM that is off are just enabled or disabled. A device that was removed stays with the VM, disabled, unless delete is set."
		o.Example = example
		return o
	}
	frame.Add(s.Server, op("hotplug-vm", "hotplug", "Add a resource to a running virtual machine, or remove one", `{"resource_type":"disk","action":"add","config":{"size":1}}`),
		func(ctx context.Context, in *hotplugInput) (hotplugged, error) { return s.hotplug(ctx, in, "add") })
	frame.Add(s.Server, op("hotunplug-vm", "hotunplug", "Remove a resource of a running virtual machine", `{"resource_type":"disk","config":{"target":"vda"}}`),
		func(ctx context.Context, in *hotplugInput) (hotplugged, error) { return s.hotplug(ctx, in, "remove") })
}

// hotplug finds the one that is meant among the ways of saying it.
func (s *service) hotplug(ctx context.Context, in *hotplugInput, action string) (out hotplugged, err error) {
	v, err := s.vm(ctx, in.ID, perm.Modify, perm.Read)
	if err != nil {
		return out, err
	}
	b := &in.Body
	out = hotplugged{VMID: v.UUID, ResourceType: b.Type, Action: cmp.Or(b.Action, b.Operation, action), Details: map[string]string{}}
	config := b.Config
	if config == nil {
		config = b.Configuration
	}
	if config == nil {
		return out, errs.New(errs.Invalid, "invalid_config", "config says what is to be added or removed").On("config")
	}
	change, err := s.hotChange(ctx, &v, b.Type, out.Action, config)
	if err != nil {
		return out, err
	}
	if err := s.Engine.Do(ctx, func(w *engine.Write) error {
		id, err := change(w)
		if id != "" {
			out.Details["id"] = id
		}
		out.Jobs = shape.Jobs(w)
		return err
	}); err != nil {
		return out, err
	}
	if v, err = s.vm(ctx, v.UUID, perm.Read); err != nil {
		return out, err
	}
	out.NeedRestart = v.NeedRestart && len(out.Jobs) == 0
	out.Message = fmt.Sprintf("%s of VM %s: %s", b.Type, v.Name, map[bool]string{true: "a job does it", false: "done"}[len(out.Jobs) > 0])
	return out, nil
}

// hotChange is what is to be written. It returns the id of the disk or card that it is about.
func (s *service) hotChange(ctx context.Context, v *vmRow, kind, action string, c *hotplugConfig) (func(w *engine.Write) (string, error), error) {
	switch {
	case kind == "cpu":
		return setVM(v, "cpu_cores", "vcpus", cmp.Or(c.VCPUs, c.Count))
	case kind == "memory":
		return setVM(v, "ram", "memory", cmp.Or(c.Memory, c.SizeMB))
	case kind == "usb":
		return nil, errs.New(errs.NotBuilt, "not_built", "Dewpoint can't give a USB device of the host to a VM yet").On("resource_type")
	case action == "update":
		return nil, errs.New(errs.Invalid, "invalid_action", "a %s is added or removed; change one by an update of the VM", errs.Ours(kind)).On("action")
	case action == "remove":
		return unplugPart(v, kind, c, s)
	case kind == "network":
		row, err := s.nicInput(ctx, networkInput{Type: c.Type, Source: c.Source, Model: c.Model, MAC: c.MAC})
		return func(w *engine.Write) (string, error) { return plugPart(w, v, "machine_nics", "hotplugnic", row) }, err
	}
	row, err := s.driveInput(ctx, diskInput{Path: c.Source, Size: c.Size, Bus: c.Bus, Readonly: &c.Readonly, StoragePool: c.StoragePool}, false, map[string]int{})
	return func(w *engine.Write) (string, error) {
		return plugPart(w, v, "machine_drives", "hotplugdrive", row)
	}, err
}

func setVM(v *vmRow, column, member string, to int64) (func(w *engine.Write) (string, error), error) {
	if to == 0 {
		return nil, errs.New(errs.Invalid, "invalid_config", "config.%s says how much the VM shall have", errs.Ours(member)).On("config." + member)
	}
	return func(w *engine.Write) (string, error) {
		return "", w.Update("vms", shape.Key(v.Key), schema.Input{column: engine.Number(to)})
	}, nil
}

// plugPart makes a drive or a card and gives it to the VM's guest, if there is one.
func plugPart(w *engine.Write, v *vmRow, table, action string, row schema.Input) (string, error) {
	row["machine"] = json.RawMessage(shape.Key(v.Machine.Key))
	made, err := w.Create(table, row)
	if err != nil {
		return "", err
	}
	if !v.Machine.Status.Running {
		return made.Key.Text(), nil
	}
	return made.Key.Text(), w.Act("vms", shape.Key(v.Key), action, schema.Input{"device": engine.Text(made.Key.Text())})
}

// unplugPart finds the disk or card that is meant.
func unplugPart(v *vmRow, kind string, c *hotplugConfig, s *service) (func(w *engine.Write) (string, error), error) {
	action, key := "hotplugnic", ""
	if kind == "disk" {
		action = "hotplugdrive"
		for _, d := range v.compute(s.host).Disks {
			if c.Target != "" && c.Target == d.Target || c.Source != "" && c.Source == d.Path {
				key = d.ID
			}
		}
	} else if n := v.card(s.host, cmp.Or(c.Target, c.MAC)); n != nil {
		key = shape.Key(n.Key)
	}
	if key == "" {
		return nil, errs.New(errs.NotFound, "device_not_found", "VM %q has no such %s; name a disk by target or source, a card by target or mac", v.Name, errs.Ours(kind)).On("config")
	}
	return func(w *engine.Write) (string, error) {
		return key, w.Act("vms", shape.Key(v.Key), action, schema.Input{"device": engine.Text(key), "unplug": engine.Flag(true), "delete": engine.Flag(c.Delete)})
	}, nil
}
