// Package compute declares virtual machines: what they shall be, their machines with drives and NICs, and the facts of these.
package compute

import "dewpoint/internal/schema"

//go:generate go run dewpoint/internal/model/gen

// Tables lists the tables of the area.
func Tables() []*schema.Table {
	return []*schema.Table{
		machineDriveStatsHistoryShort(), machineDriveStatsHistoryLong(), machineNICStatsHistoryShort(), machineNICStatsHistoryLong(),
		vmFavorites(), vmImports(), vmImportLogs(),
		machineConsoleActive(), vmPasteConfigs(),
		machines(), machineStatus(), machineStats(), machineStatsHistoryShort(), machineStatsHistoryLong(), machineConsole(), machineSnapshots(),
		machineDrives(), driveLayers(), machineDriveStatus(), machineDriveStats(), machineNICs(), machineNICStatus(), machineNICStats(), machineNICAddresses(), vms(), vmTemplates(), cloudinitFiles(),
		snapshotProfiles(), snapshotProfilePeriods(),
		machineDevices(), machineDeviceStatus(), machineDeviceSettingsTPM(), machineDeviceSettingsUSB(), machineDeviceSettingsNvidiaVGPU(),
		machineDeviceStats(), foreignDomains(), machineDeviceGPUStatsHistoryShort(), machineDeviceGPUStatsHistoryLong(),
	}
}
