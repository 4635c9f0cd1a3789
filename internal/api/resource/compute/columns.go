package compute

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
)

var osFamilies = map[string]string{"linux": "linux", "windows": "windows", "bsd": "freebsd", "freebsd": "freebsd", "other": "other", "hvm": "other"}

// vmInput returns the columns of vms that the client gave.
func (b *ComputeInput) vmInput() (schema.Input, error) {
	if err := b.osInfo(); err != nil {
		return nil, err
	}
	row := schema.Input{}
	for column, text := range map[string]*string{"name": b.Name, "description": b.Description, "os_description": b.OSVariant, "machine_type": b.MachineType} {
		if text != nil {
			row[column] = engine.Text(*text)
		}
	}
	for column, n := range map[string]*int64{"ram": b.Memory, "cpu_cores": b.VCPUs} {
		if n != nil {
			row[column] = engine.Number(*n)
		}
	}
	for column, flag := range map[string]*bool{"uefi": b.UEFI, "secure_boot": b.SecureBoot} {
		if flag != nil {
			row[column] = engine.Flag(*flag)
		}
	}
	if b.OSType != nil && *b.OSType != "" {
		family, ok := osFamilies[strings.ToLower(*b.OSType)]
		if !ok {
			return nil, errs.New(errs.Invalid, "invalid_os_type", "os_type %q is not known; use linux, windows, bsd or other", *b.OSType).On("os_type")
		}
		row["os_family"] = engine.Text(family)
	}
	if b.Autostart != nil {
		row["on_power_loss"] = engine.Text(map[bool]string{true: "power_on", false: "last_state"}[*b.Autostart])
	}
	return row, b.screen(row)
}

// osInfo brings what os_info says into os_type and os_variant, unless they say it themselves.
func (b *ComputeInput) osInfo() error {
	o := b.OSInfo
	if o == nil {
		return nil
	}
	if b.OSType == nil && o.Family != "" {
		b.OSType = &o.Family
	}
	variant := cmp.Or(o.Variant, o.Distro+o.Version)
	if o.Variant != "" && o.Distro+o.Version != "" && o.Variant != o.Distro+o.Version {
		return errs.New(errs.Invalid, "invalid_os_info", "os_info.variant %q isn't os_info.distro with os_info.version, %q; give one of them", o.Variant, o.Distro+o.Version).On("os_info")
	}
	if b.OSVariant == nil && variant != "" {
		b.OSVariant = &variant
	}
	return nil
}

// screen puts the wanted console into the row.
func (b *ComputeInput) screen(row schema.Input) error {
	if len(b.Graphics) > 1 {
		return errs.New(errs.NotBuilt, "graphics_not_built", "a VM can have one screen; give one entry in graphics").On("graphics")
	}
	for _, g := range b.Graphics {
		switch g.Type {
		case "vnc", "spice", "none":
			row["console"] = engine.Text(g.Type)
		case "":
		default:
			return errs.New(errs.Invalid, "invalid_graphics", "graphics type %q is not known; use vnc, spice or none", g.Type).On("graphics")
		}
		if g.Password != "" {
			row["console_pass"], row["console_pass_enabled"] = engine.Text(g.Password), engine.Flag(true)
		}
	}
	return nil
}

// hasIDE reports whether the wanted machine type, or the present one when none is given, has IDE: q35 hasn't.
func (b *ComputeInput) hasIDE(present string) bool {
	if b.MachineType != nil {
		present = *b.MachineType
	}
	return present == "pc" || strings.HasPrefix(present, "pc-i440fx")
}

// meta is what the client calls metadata, in the column that no client of the table API can write; none when it gives none.
func (b *ComputeInput) meta() (schema.Set, error) {
	if b.Metadata == nil {
		return nil, nil
	}
	texts := make(map[string]string, len(b.Metadata))
	for name, v := range b.Metadata {
		texts[name] = fmt.Sprint(v)
	}
	raw, err := json.Marshal(texts)
	return schema.Set{"meta": schema.TextValue(string(raw))}, err
}
