package compute

import (
	"context"

	"dewpoint/internal/api/resource/frame"
	"dewpoint/internal/errs"
)

type snapshotCapabilities struct {
	Capabilities struct {
		Supports        bool            `json:"supports_snapshots"`
		Internal        bool            `json:"supports_internal" doc:"always false"`
		External        bool            `json:"supports_external"`
		Memory          bool            `json:"supports_memory" doc:"the VM runs, so that its memory can be kept"`
		DiskFormats     []diskFormat    `json:"disk_formats"`
		Overall         overallSnapshot `json:"overall_capabilities"`
		VM              string          `json:"vm_name"`
		Warnings        []string        `json:"warnings,omitempty"`
		Recommendations []string        `json:"recommendations,omitempty"`
	} `json:"capabilities"`
}

type diskFormat struct {
	Name     string `json:"name"`
	Path     string `json:"path" doc:"relative to its pool"`
	Format   string `json:"format" enum:"qcow2"`
	Internal bool   `json:"supports_internal" doc:"always false"`
	Size     int64  `json:"size_bytes" doc:"what a guest sees"`
}

// overallSnapshot are the same facts by older names.
type overallSnapshot struct {
	Internal bool     `json:"internal_snapshots"`
	External bool     `json:"external_snapshots"`
	Memory   bool     `json:"memory_snapshots"`
	Live     bool     `json:"live_snapshots"`
	Limits   []string `json:"limitations,omitempty"`
}

// snapshotCapabilities tells what a snapshot would be refused for, before somebody tries.
func (s *service) snapshotCapabilities(ctx context.Context, in *frame.ByID) (c snapshotCapabilities, err error) {
	v, err := s.withSnapshots(ctx, in.ID)
	if err != nil {
		return c, err
	}
	of := &c.Capabilities
	of.VM, of.DiskFormats, of.Supports = v.Name, []diskFormat{}, true
	row := vmRow{UUID: v.UUID}
	for _, d := range v.Machine.Drives {
		if d.Media == "cdrom" {
			of.Recommendations = append(of.Recommendations, "the medium in drive "+errs.Clip(d.Name)+" isn't part of snapshots")
			continue
		}
		if d.Status == nil || !d.Status.Ready {
			of.Supports = false
			of.Warnings = append(of.Warnings, "disk "+errs.Clip(d.Name)+" isn't made yet")
		}
		of.DiskFormats = append(of.DiskFormats, diskFormat{Name: d.Name, Path: row.drivePath(&driveRow{Key: d.Key, Media: d.Media}), Format: "qcow2", Size: d.Size})
	}
	if m := v.Machine.Status; m != nil && (m.Status == "hibernated" || m.Status == "hibernating") {
		of.Supports = false
		of.Warnings = append(of.Warnings, "the VM is hibernated; start it first")
	}
	of.External, of.Memory = of.Supports, of.Supports && v.Machine.Status.On()
	if of.Supports && !of.Memory {
		of.Recommendations = append(of.Recommendations, "start the VM if its memory shall be kept")
	}
	of.Overall = overallSnapshot{External: of.External, Memory: of.Memory, Live: of.Supports, Limits: of.Warnings}
	return c, nil
}
