package compute

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"

	"dewpoint/internal/api/resource/frame"
	"dewpoint/internal/api/resource/shape"
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/perm"
	"dewpoint/internal/query"
	"dewpoint/internal/schema"
)

// TemplateBody is what clients write of a template. Its members are the columns of vm_templates.
type TemplateBody struct {
	Name              *string        `json:"name,omitempty" maxLength:"128"`
	Description       *string        `json:"description,omitempty" maxLength:"2048"`
	OSType            *string        `json:"os_type,omitempty" doc:"linux, windows, bsd, other or hvm"`
	OSVariant         *string        `json:"os_variant,omitempty" maxLength:"256"`
	MinMemory         *int64         `json:"min_memory,omitempty" doc:"in MiB"`
	RecommendedMemory *int64         `json:"recommended_memory,omitempty" doc:"in MiB; what a VM gets that is made without a value"`
	MinVCPUs          *int64         `json:"min_vcpus,omitempty"`
	RecommendedVCPUs  *int64         `json:"recommended_vcpus,omitempty"`
	MinDisk           *int64         `json:"min_disk,omitempty" doc:"in GiB"`
	RecommendedDisk   *int64         `json:"recommended_disk,omitempty" doc:"in GiB"`
	DiskFormat        *string        `json:"disk_format,omitempty" doc:"qcow2"`
	NetworkModel      *string        `json:"network_model,omitempty" doc:"virtio, e1000 or rtl8139"`
	GraphicsType      *string        `json:"graphics_type,omitempty" doc:"vnc, spice or none"`
	CloudInit         *bool          `json:"cloud_init,omitempty" doc:"the system that shall run in it reads cloud-init's data"`
	UEFIBoot          *bool          `json:"uefi_boot,omitempty"`
	SecureBoot        *bool          `json:"secure_boot,omitempty"`
	TPM               *bool          `json:"tpm,omitempty"`
	DefaultUser       *string        `json:"default_user,omitempty" maxLength:"64"`
	Metadata          map[string]any `json:"metadata,omitempty"`
}

// TemplateFacts are what a reply shows of a template and nobody sets.
type TemplateFacts struct {
	ID        any `json:"id" readOnly:"true"`
	CreatedAt any `json:"created_at" readOnly:"true"`
	UpdatedAt any `json:"updated_at" readOnly:"true"`
}

// template is one as replies show it.
type template struct {
	ID int64 `json:"id"`
	TemplateBody
	CreatedAt string `json:"created_at" format:"date-time"`
	UpdatedAt string `json:"updated_at" format:"date-time"`
}

type templateRow struct {
	Key      int64 `json:"$key"`
	Created  int64 `json:"created"`
	Modified int64 `json:"modified"`
	TemplateBody
}

const templateFields = "$key,created,modified,name,description,os_type,os_variant,min_memory,recommended_memory,min_vcpus,recommended_vcpus,min_disk,recommended_disk," +
	"disk_format,network_model,graphics_type,cloud_init,uefi_boot,secure_boot,tpm,default_user,metadata"

type templateList struct {
	Templates []template `json:"templates"`
	Count     int        `json:"count"`
}

type createTemplateInput struct{ Body TemplateBody }

type updateTemplateInput struct {
	ID   string `path:"id"`
	Body struct {
		TemplateBody
		TemplateFacts
	}
}

var templateCodes = frame.Codes{
	Invalid: "TEMPLATE_VALIDATION_FAILED", Body: "INVALID_REQUEST", NotFound: "TEMPLATE_NOT_FOUND", Exists: "TEMPLATE_ALREADY_EXISTS",
	Fields: map[string]string{"id": "INVALID_TEMPLATE_ID", "disk": "INVALID_VM_DISK"},
}

func addTemplates(s *service, f Family) {
	on := s.Apart(f.Path + "/templates")
	op := func(id, method, path, summary string) frame.Operation {
		o := f.operation(id, method, "/templates"+path, summary)
		o.Codes = templateCodes
		return o
	}
	frame.Add(on, op("list-templates", http.MethodGet, "", "List the templates of virtual machines"), s.listTemplates)
	create := op("create-template", http.MethodPost, "", "Make a template of virtual machines")
	create.Status = http.StatusCreated
	create.Example = `{"name":"small","os_type":"linux","min_memory":512,"min_vcpus":1,"min_disk":8}`
	frame.Add(on, create, s.createTemplate)
	frame.Add(on, op("get-template", http.MethodGet, "/{id}", "Read a template"), func(ctx context.Context, in *frame.ByID) (template, error) {
		return s.template(ctx, in.ID, perm.Read)
	})
	update := op("update-template", http.MethodPut, "/{id}", "Change a template; members that are missing stay as they are")
	update.Example = `{"description":"for tests"}`
	frame.Add(on, update, s.updateTemplate)
	frame.AddEmpty(on, op("delete-template", http.MethodDelete, "/{id}", "Delete a template; VMs that were made from it stay"), func(ctx context.Context, in *frame.ByID) error {
		if _, err := s.template(ctx, in.ID, perm.Delete); err != nil {
			return err
		}
		return s.Engine.Delete(ctx, "vm_templates", in.ID)
	})
}

func (s *service) listTemplates(ctx context.Context, _ *struct{}) (templateList, error) {
	rows, err := engine.List[templateRow](ctx, s.Engine, "vm_templates", query.Request{Fields: templateFields, Sort: "name"})
	list := templateList{Templates: make([]template, len(rows)), Count: len(rows)}
	for i := range rows {
		list.Templates[i] = rows[i].template()
	}
	return list, err
}

func (s *service) createTemplate(ctx context.Context, in *createTemplateInput) (template, error) {
	row, err := in.Body.row()
	if err != nil {
		return template{}, err
	}
	made, err := s.Engine.Create(ctx, "vm_templates", row)
	if err != nil {
		return template{}, err
	}
	shown, err := engine.Made[templateRow](ctx, s.Engine, "vm_templates", query.Request{Fields: templateFields, Key: made.Key.Text()})
	return shown.template(), err
}

func (s *service) updateTemplate(ctx context.Context, in *updateTemplateInput) (template, error) {
	if _, err := s.template(ctx, in.ID, perm.Modify, perm.Read); err != nil { // it is shown whole
		return template{}, err
	}
	row, err := in.Body.row()
	if err != nil {
		return template{}, err
	}
	if err := s.Engine.Update(ctx, "vm_templates", in.ID, row); err != nil {
		return template{}, err
	}
	return s.template(ctx, in.ID, perm.Read)
}

// template reads one by the number that stands in the path.
func (s *service) template(ctx context.Context, id string, right perm.Right, more ...perm.Right) (template, error) {
	if _, err := strconv.ParseUint(id, 10, 32); err != nil {
		return template{}, errs.New(errs.Invalid, "invalid_template_id", "a template's id is a number, not %q", id).On("id")
	}
	row, err := engine.One[templateRow](ctx, s.Engine, "vm_templates", query.Request{Fields: templateFields, Key: id}, right, more...)
	if errs.Is(err, errs.NotFound) {
		err = errs.New(errs.NotFound, "template_not_found", "there is no template %q", id)
	}
	return row.template(), err
}

// row turns a body into the columns that it gives: they have the same names.
func (b *TemplateBody) row() (row schema.Input, err error) {
	raw, err := json.Marshal(b)
	if err == nil {
		err = json.Unmarshal(raw, &row)
	}
	return row, err
}

func (r *templateRow) template() template {
	return template{ID: r.Key, TemplateBody: r.TemplateBody, CreatedAt: shape.Stamp(r.Created), UpdatedAt: shape.Stamp(r.Modified)}
}
