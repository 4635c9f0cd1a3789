// Package tasks has the hooks of tasks, and executes them by the clock and upon events.
package tasks

import "dewpoint/internal/engine"

// Hooks lists the hooks of the area by table.
func Hooks() map[string]engine.Hooks {
	return map[string]engine.Hooks{
		"task_events":            taskEventHooks,
		"task_schedule_triggers": triggerHooks,
		"task_schedules":         scheduleHooks,
		"tasks":                  taskHooks,
	}
}
