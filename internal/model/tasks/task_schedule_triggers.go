package tasks

import "dewpoint/internal/schema"

// taskScheduleTriggers declares which task is executed by which schedule.
func taskScheduleTriggers() *schema.Table {
	return &schema.Table{
		Name: "task_schedule_triggers", Title: "Task trigger", LogType: "task", Parent: "task", Display: "task",
		Unique: []schema.Unique{schema.Together("task", "schedule")},
		Doc: "Triggers bind a task to a schedule. The task runs with the rights that its creator has at that time. If it " +
			"fails, the task's status says why. A trigger is deleted with its task. A schedule can't be deleted while it has triggers.",
		ActionTable: "task_schedule_trigger_actions", ActionRef: "task_schedule_trigger",
		Actions: schema.Actions{{Name: "trigger", Doc: "execute the task now, with the rights of the caller"}},
		Fields: schema.Fields{
			schema.Row("task", "tasks").Required().CreateOnly().Summary(),
			schema.Row("schedule", "task_schedules").Required().CreateOnly().Restrict().Summary(),
			schema.Uint64("trigger").ReadOnly().Indexed().Unit("seconds since 1970").Summary().Doc("when the task is due next; null: never"),
		},
	}
}
