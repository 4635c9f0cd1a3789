// Package system declares what belongs to the whole system: settings, log, alarms, tags, long work, backups and quarantine.
package system

import "dewpoint/internal/schema"

//go:generate go run dewpoint/internal/model/gen

// Tables lists the tables of the area.
func Tables() []*schema.Table {
	return []*schema.Table{
		system(), settings(), servedTime(), logs(), machineLogs(), operations(), alarmTypes(),
		alarms(), alarmHistory(), tagMembers(), tags(), tagCategories(), appliedRows(),
		quarantine(), databaseBackups(), idempotencyKeys(),
	}
}
