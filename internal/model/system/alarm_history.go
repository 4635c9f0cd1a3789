package system

import "dewpoint/internal/schema"

// alarmHistory declares what was wrong.
func alarmHistory() *schema.Table {
	return &schema.Table{
		Name: "alarm_history", Title: "Past alarm", ReadOnly: true, Owner: "owner", Display: "status",
		Doc: "Past alarms.",
		Fields: schema.Fields{
			schema.Uint64("alarm_raised").ReadOnly().Unit("seconds since 1970"),
			schema.Uint64("alarm_lowered").ReadOnly().Summary().Indexed().Unit("seconds since 1970"),
			schema.String("archived_by").ReadOnly().Doc("who resolved it; empty if its cause ended"),
			alarmOwner(),
			schema.TextRow("alarm_type", "alarm_types").ReadOnly().Summary(),
			alarmLevel().Summary(),
			schema.String("status").ReadOnly().Summary(),
			schema.String("alarm_id").ReadOnly(),
			schema.AnyRow("sub_owner", alarmParts...).Remembers().ReadOnly().Hidden(),
			schema.Bool("standing").ReadOnly().Hidden().Indexed().Doc("resolved before its cause ended; the same cause raises no new alarm"),
		},
	}
}

// PastAlarm makes the entry of the history that an alarm becomes at a time, in seconds since 1970. Somebody who resolved it is named; else
// its cause is over.
func PastAlarm(a Alarm, at int64, resolvedBy string) AlarmHistorySet {
	return AlarmHistorySet{}.Owner(a.Owner).SubOwner(a.SubOwner).AlarmType(a.AlarmType).Level(a.Level).Status(a.Status).AlarmID(a.AlarmID).
		AlarmRaised(a.Created).AlarmLowered(at).ArchivedBy(resolvedBy).Standing(resolvedBy != "")
}
