package compute

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strconv"

	"dewpoint/internal/api/resource/frame"
	"dewpoint/internal/errs"
	"dewpoint/internal/perm"
)

type templateOfVMInput struct {
	ID   string `path:"id"`
	Body struct {
		Name        string `json:"name" required:"true" maxLength:"128"`
		Description string `json:"description" maxLength:"2048"`
	}
}

type fromTemplateInput struct {
	Body struct {
		TemplateID int64           `json:"template_id" required:"true"`
		Name       string          `json:"name" required:"true" maxLength:"128"`
		Memory     int64           `json:"memory" doc:"in MiB; what the template recommends if left out"`
		VCPUs      int64           `json:"vcpus" doc:"what the template recommends if left out"`
		DiskSize   int64           `json:"disk_size" doc:"in GiB; what the template recommends if left out"`
		Network    *networkInput   `json:"network" doc:"left out: the VM has no network"`
		Graphics   *graphicsInput  `json:"graphics"`
		CloudInit  *cloudInitInput `json:"cloud_init"`
		Metadata   map[string]any  `json:"metadata" doc:"beside the template's own"`
	}
}

type vmDone struct {
	VM      computeDetail `json:"vm"`
	Message string        `json:"message"`
}

func addFromTemplate(s *service, f Family) {
	make := f.operation("make-template-of-vm", http.MethodPost, "/{id}/template", "Make a template that has a virtual machine's shape")
	make.Status, make.Codes = http.StatusCreated, templateCodes
	make.Doc = "The template has the VM's memory, vcpus, the size of its first disk and its firmware, and no disk's content."
	make.Example = `{"name":"like-this-one"}`
	frame.Add(s.Server, make, s.templateOfVM)
	use := f.operation("create-vm-from-template", http.MethodPost, "/from-template", "Make a virtual machine from a template")
	use.Status = http.StatusCreated
	use.Codes.Invalid, use.Codes.Fields = "APPLY_TEMPLATE_FAILED", nil
	use.Doc = "The new VM is off, and its disk empty."
	use.Example = `{"template_id":1,"name":"from-template"}`
	frame.Add(s.Server, use, s.fromTemplate)
}

func (s *service) templateOfVM(ctx context.Context, in *templateOfVMInput) (template, error) {
	v, err := s.vm(ctx, in.ID, perm.Read)
	if err != nil {
		return template{}, err
	}
	body, err := v.shape()
	if err != nil {
		return template{}, err
	}
	body.Name = &in.Body.Name
	if in.Body.Description != "" {
		body.Description = &in.Body.Description
	}
	return s.createTemplate(ctx, &createTemplateInput{Body: body})
}

// shape is that of a VM as a template has it. What templates can't say of it is the nearest that they can.
func (v *vmRow) shape() (b TemplateBody, err error) {
	size := int64(0)
	for _, d := range v.Machine.Drives {
		if d.Media != "cdrom" && size == 0 {
			size = d.Size
		}
	}
	if size == 0 {
		return b, errs.New(errs.Invalid, "invalid_vm_disk", "VM %q has no disk whose size is known; a template needs one", v.Name).On("disk")
	}
	const gib = 1 << 30
	disk := (size + gib - 1) / gib
	osType, model, screen := v.OSFamily, "virtio", v.Console
	if osType == "freebsd" {
		osType = "bsd"
	}
	if len(v.Machine.NICs) > 0 {
		switch is := v.Machine.NICs[0].Interface; is {
		case "rtl8139", "e1000":
			model = is
		case "e1000e":
			model = "e1000"
		}
	}
	if screen == "serial" {
		screen = "none"
	}
	b = TemplateBody{
		OSType: &osType, OSVariant: &v.OSVariant, MinMemory: &v.RAM, MinVCPUs: &v.Cores, MinDisk: &disk,
		NetworkModel: &model, GraphicsType: &screen, UEFIBoot: &v.UEFI, SecureBoot: &v.SecureBoot, Metadata: map[string]any{},
	}
	for name, text := range v.Meta {
		b.Metadata[name] = text
	}
	return b, nil
}

func (s *service) fromTemplate(ctx context.Context, in *fromTemplateInput) (vmDone, error) {
	t, err := s.template(ctx, strconv.FormatInt(in.Body.TemplateID, 10), perm.Read)
	if err != nil {
		return vmDone{}, err
	}
	vm, err := in.apply(&t)
	if err != nil {
		return vmDone{}, err
	}
	made, err := s.createCompute(ctx, &createComputeInput{Body: vm})
	return vmDone{VM: made, Message: fmt.Sprintf("VM %s created from template %s", made.Name, *t.Name)}, err
}

// apply is the body of the VM: what the request says, and else what the template does.
func (in *fromTemplateInput) apply(t *template) (vm ComputeInput, err error) {
	b := &in.Body
	memory, err := t.size("memory", b.Memory, t.RecommendedMemory, *t.MinMemory)
	if err != nil {
		return vm, err
	}
	vcpus, err := t.size("vcpus", b.VCPUs, t.RecommendedVCPUs, *t.MinVCPUs)
	if err != nil {
		return vm, err
	}
	disk, err := t.size("disk_size", b.DiskSize, t.RecommendedDisk, *t.MinDisk)
	if err != nil {
		return vm, err
	}
	screen := graphicsInput{}
	if b.Graphics != nil {
		screen = *b.Graphics
	}
	screen.Type = cmp.Or(screen.Type, *t.GraphicsType)
	if b.Network != nil {
		b.Network.Model = cmp.Or(b.Network.Model, *t.NetworkModel)
	}
	vm = ComputeInput{
		Name: &b.Name, Memory: &memory, VCPUs: &vcpus, DiskSize: disk, Network: b.Network, CloudInit: b.CloudInit, Metadata: map[string]any{},
		Graphics: frame.OneOrMore[graphicsInput]{screen}, OSType: t.OSType, OSVariant: t.OSVariant, UEFI: t.UEFIBoot, SecureBoot: t.SecureBoot, TPM: t.TPM,
	}
	for _, from := range []map[string]any{t.Metadata, b.Metadata} {
		for name, v := range from {
			vm.Metadata[name] = v
		}
	}
	return vm, nil
}

// size is how much of something the VM gets. Less than the template needs is refused.
func (t *template) size(what string, asked int64, recommended *int64, least int64) (int64, error) {
	switch {
	case asked == 0 && recommended != nil:
		return *recommended, nil
	case asked == 0:
		return least, nil
	case asked < least:
		return 0, errs.New(errs.Invalid, "apply_template_failed", "%s %d is less than the %d that template %q needs", errs.Ours(what), asked, least, *t.Name).On(what)
	}
	return asked, nil
}
