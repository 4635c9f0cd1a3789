package main

import (
	"context"
	"log/slog"
	"path/filepath"
	"sync/atomic"

	"dewpoint/internal/config"
	nodes "dewpoint/internal/control/node"
	"dewpoint/internal/host/accel"
	"dewpoint/internal/host/access"
	"dewpoint/internal/host/libvirt"
)

// hypervisor is libvirt and the self-test of KVM.
type hypervisor struct {
	client *libvirt.Client
	log    *slog.Logger
	data   string               // the directory
	user   atomic.Pointer[user] // nil until QEMU has been asked for
	cpu    accel.CPU            // that guests under KVM can have; known once Accelerator has answered
}

// user is whom QEMU runs as.
type user struct{ uid, gid int }

func newHypervisor(cfg config.Config, log *slog.Logger) hypervisor {
	return hypervisor{client: libvirt.New(cfg.LibvirtSocket, ""), log: log, data: cfg.Data}
}

func (h *hypervisor) close() { h.client.Close() }

// Accelerator implements node.Probe.
func (h *hypervisor) Accelerator(ctx context.Context) (accelerator, reason string) {
	const device = "/dev/kvm"
	result := accel.Test(ctx, device)
	info, err := h.client.HostInfo(ctx)
	if err != nil {
		return result.Accelerator, result.Reason // QEMU can't be tried while nobody says where it is
	}
	if h.cpu = accel.TestCPU(ctx, filepath.Base(info.Emulator), device); h.cpu.Reason != "" {
		result.Reason += "; " + h.cpu.Reason
	}
	return result.Accelerator, result.Reason
}

// QEMU implements node.Probe.
func (h *hypervisor) QEMU(ctx context.Context) (nodes.QEMU, error) {
	info, err := h.client.HostInfo(ctx)
	if err == nil {
		h.user.Store(&user{info.RunUID, info.RunGID})
	}
	return nodes.QEMU{Version: info.QEMUVersion, MachineTypes: info.MachineTypes, CPUModels: info.CPUModels}, err
}

// Answers implements node.Probe. It looks for domains that nobody has: any answer will do. A hypervisor that can't get at the guests' files is of no more
// use than one that doesn't answer.
func (h *hypervisor) Answers(ctx context.Context) error {
	if _, err := h.client.List(ctx, "dp-none-"); err != nil {
		return err
	}
	if err := access.Mounted(h.data); err != nil {
		return err
	}
	if u := h.user.Load(); u != nil {
		return access.Reach(h.data, u.uid, u.gid)
	}
	return nil
}

// ready starts libvirt when it doesn't run, and finds out what guests run by. Without libvirt it goes on: who needs it waits for it.
func (n *node) ready(ctx context.Context) (accelerator string, err error) {
	started, err := libvirt.EnsureRunning(ctx, n.cfg.LibvirtSocket)
	if err != nil {
		n.log.Error("guests can't start until libvirt is there", "socket", n.cfg.LibvirtSocket, "err", err)
	} else if started {
		n.log.Info("libvirt was not running and has been started")
	}
	return n.host.Examine(ctx)
}
