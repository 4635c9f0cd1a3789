// Package system has the hooks of what belongs to the whole system: alarms, tags, long work, backups and quarantine.
package system

import "dewpoint/internal/engine"

// Hooks lists the hooks of the area by table.
func Hooks() map[string]engine.Hooks {
	return map[string]engine.Hooks{
		"alarms":           alarmHooks,
		"database_backups": backupHooks,
		"operations":       operationHooks,
		"quarantine":       quarantineHooks,
		"system":           systemHooks,
		"tag_members":      tagMemberHooks,
	}
}
