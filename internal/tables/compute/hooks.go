// Package compute has the hooks of virtual machines, their drives and NICs.
package compute

import "dewpoint/internal/engine"

// Hooks lists the hooks of the area by table.
func Hooks(appliances Appliances, secrets Sealer) map[string]engine.Hooks {
	return map[string]engine.Hooks{
		"cloudinit_files":             cloudinitFileHooks,
		"foreign_domains":             foreignHooks,
		"machine_console":             consoleHooks,
		"machine_device_settings_tpm": tpmHooks,
		"machine_devices":             deviceHooks,
		"machine_drives":              driveHooks,
		"machine_nics":                nicHooks,
		"machine_snapshots":           snapshotHooks,
		"machine_status":              machineStatusHooks,
		"snapshot_profile_periods":    periodHooks,
		"snapshot_profiles":           profileHooks,
		"vm_favorites":                favoriteHooks,
		"vm_imports":                  importHooks(appliances),
		"vm_paste_configs":            pasteConfigHooks,
		"vms":                         withSecrets(vmHooks, secrets),
	}
}
