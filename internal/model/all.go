// Package model declares Dewpoint's tables, one file each. all.go lists them; rows_gen.go holds the typed rows that are made from them.
package model

import "dewpoint/internal/schema"

//go:generate go run dewpoint/internal/model/gen

// Schema returns all tables. The error of a bad declaration is a defect, so it panics; every test that opens a store would show it.
func Schema() *schema.Schema {
	s, err := schema.New(
		clusters(), clusterStatus(), nodes(), storageTiers(), storageTierStats(), clusterTiers(), clusterTierStatus(), clusterTierStats(), system(), settings(),
		users(), userAPIKeys(), sessions(), endedSignIns(), servedTime(), loginAttempts(), groups(), members(), permissions(), identities(), authSources(), logs(), operations(),
		machines(), machineStatus(), machineStats(), machineStatsHistory(), machineConsole(),
		machineSnapshots(), machineDrives(), machineDriveStatus(), machineNICs(), machineNICStatus(),
		alarmTypes(), alarms(), alarmHistory(), tasks(), taskSchedules(), taskScheduleTriggers(), taskEvents(),
		tagMembers(), tags(), tagCategories(),
		vms(), vnets(), vnetAddresses(), appliedRows(), files(), fileChunks(), quarantine(), databaseBackups(), idempotencyKeys(), secrets(),
	)
	if err != nil {
		panic(err)
	}
	return s
}
