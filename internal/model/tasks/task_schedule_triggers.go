package tasks

import "dewpoint/internal/schema"

// taskScheduleTriggers declares which task is executed by which schedule.
func taskScheduleTriggers() *schema.Table {
	return &schema.Table{
		Name: "task_schedule_triggers", Title: "Task trigger", LogType: "task", Parent: "task", Display: "task",
		Unique: []schema.Unique{schema.Together("task", "schedule")},
		Doc: "Which task is executed by which schedule. It is executed in the name of its creator, with the rights that this user has then; where that " +
			"fails, the task's status says why. A trigger goes with its task, and holds its schedule.",
		ActionTable: "task_schedule_trigger_actions", ActionRef: "task_schedule_trigger",
		Actions: schema.Actions{{Name: "trigger", Doc: "execute the task now, with the rights of the caller"}},
		Fields: schema.Fields{
			schema.Row("task", "tasks").Required().CreateOnly().Summary(),
			schema.Row("schedule", "task_schedules").Required().CreateOnly().Restrict().Summary(),
			schema.Uint64("trigger").ReadOnly().Indexed().Unit("seconds since 1970").Summary().Doc("when it is due next; null for never"),
		},
	}
}
