package compute

import (
	"context"
	"fmt"

	"dewpoint/internal/api/resource/shape"
	"dewpoint/internal/cloudinit"
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/query"
	"dewpoint/internal/schema"
)

// cloudInitInput is what a VM's guest shall be told by cloud-init. Each text that is given becomes a file of the VM, by the source nocloud.
type cloudInitInput struct {
	UserData    *string         `json:"user_data" maxLength:"65536" doc:"a cloud-config or a script"`
	MetaData    *string         `json:"meta_data" maxLength:"65536" doc:"YAML or JSON; completed with an instance id and a host name"`
	NetworkData *string         `json:"network_data" maxLength:"65536" doc:"a network config of version 1 or 2"`
	SSHKeys     []string        `json:"ssh_keys" doc:"of the user that the image comes with; they are written into user_data, which must be a cloud-config then"`
	Users       []cloudInitUser `json:"users" doc:"written into user_data, like ssh_keys"`
	Packages    []string        `json:"packages" doc:"written into user_data"`
	RunCmd      []string        `json:"runcmd" doc:"commands of the first boot, written into user_data"`
	CloudInitFacts
}

type cloudInitUser struct {
	Name     string   `json:"name"`
	SSHKeys  []string `json:"ssh_authorized_keys"`
	Sudo     string   `json:"sudo"`
	Groups   string   `json:"groups"`
	Shell    string   `json:"shell"`
	Password string   `json:"password" format:"password" doc:"kept in the VM's user-data as it is"`
}

// CloudInitFacts are what a reply shows and nobody sets.
type CloudInitFacts struct {
	Hostname   any `json:"hostname" readOnly:"true"`
	Source     any `json:"source" readOnly:"true"`
	SourceType any `json:"source_type" readOnly:"true"`
}

// cloudInitItem is what the guest is told.
type cloudInitItem struct {
	UserData    string `json:"user_data,omitempty" doc:"with the users, keys and packages that a request gave apart"`
	MetaData    string `json:"meta_data,omitempty"`
	NetworkData string `json:"network_data,omitempty"`
	Hostname    string `json:"hostname" doc:"that meta_data gets where it has none"`
	Source      string `json:"source" enum:"nocloud,config_drive_v2"`
	SourceType  string `json:"source_type" enum:"iso"`
}

// files are the texts that the client gave, by their names.
func (c *cloudInitInput) files() (map[string]string, error) {
	texts := map[string]string{}
	for name, text := range map[string]*string{cloudinit.UserData: c.UserData, cloudinit.MetaData: c.MetaData, cloudinit.NetworkConfig: c.NetworkData} {
		if text != nil {
			texts[name] = *text
		}
	}
	config := cloudinit.Config{SSHKeys: c.SSHKeys, Packages: c.Packages, RunCmd: c.RunCmd}
	for _, u := range c.Users {
		if u.Name == "" {
			return nil, errs.New(errs.Invalid, "invalid_cloud_init", "each of cloud_init.users needs a name").On("cloud_init.users")
		}
		config.Users = append(config.Users, cloudinit.User(u))
	}
	text, err := config.Text(texts[cloudinit.UserData])
	if text != "" {
		texts[cloudinit.UserData] = text
	}
	return texts, err
}

// tell makes the files of a VM those that the client gave. Others stay; a text that is given empty takes its file away.
func (c *cloudInitInput) tell(w *engine.Write, vm, source string, has []cloudInitFile) error {
	if c == nil {
		return nil
	}
	texts, err := c.files()
	if err != nil {
		return err
	}
	for name, text := range texts {
		if err := tellFile(w, vm, name, text, has); err != nil {
			return err
		}
	}
	if len(texts) == 0 || source != "" && source != cloudinit.None {
		return nil
	}
	return w.Update("vms", vm, schema.Input{"cloudinit_datasource": engine.Text(cloudinit.NoCloud)})
}

func tellFile(w *engine.Write, vm, name, text string, has []cloudInitFile) error {
	for _, f := range has {
		if cloudinit.Place(f.Name) != name {
			continue
		}
		switch {
		case text == "":
			return w.Delete("cloudinit_files", shape.Key(f.Key))
		case text == f.Contents:
			return nil
		}
		return w.Update("cloudinit_files", shape.Key(f.Key), schema.Input{"contents": engine.Text(text)})
	}
	if text == "" {
		return nil
	}
	_, err := w.Create("cloudinit_files", schema.Input{"owner": engine.Text("vms/" + vm), "name": engine.Text("/" + name), "contents": engine.Text(text)})
	return err
}

type cloudInitFile struct {
	Key      int64  `json:"$key"`
	Name     string `json:"name"`
	Contents string `json:"contents"`
}

// cloudInitFiles reads the files of a VM.
func (s *service) cloudInitFiles(ctx context.Context, vm int64) ([]cloudInitFile, error) {
	return engine.List[cloudInitFile](ctx, s.Engine, "cloudinit_files", query.Request{
		Fields: "$key,name,contents", Equals: map[string]string{"owner": fmt.Sprintf("vms/%d", vm)},
	})
}

// cloudInit is what a VM's guest is told; nil for nothing.
func (s *service) cloudInit(ctx context.Context, v *vmRow) (*cloudInitItem, error) {
	if v.CloudInit == "" || v.CloudInit == cloudinit.None {
		return nil, nil
	}
	files, err := s.cloudInitFiles(ctx, v.Key)
	item := &cloudInitItem{Hostname: cloudinit.Hostname(cloudinit.VM{Key: v.Key, Name: v.Name}), Source: v.CloudInit, SourceType: "iso"}
	for _, f := range files {
		switch cloudinit.Place(f.Name) {
		case cloudinit.UserData:
			item.UserData = f.Contents
		case cloudinit.MetaData:
			item.MetaData = f.Contents
		case cloudinit.NetworkConfig:
			item.NetworkData = f.Contents
		}
	}
	return item, err
}

// detail is a VM as it is shown alone.
func (s *service) detail(ctx context.Context, v *vmRow) (computeDetail, error) {
	detail := v.detail(s.host)
	var err error
	detail.CloudInit, err = s.cloudInit(ctx, v)
	return detail, err
}
