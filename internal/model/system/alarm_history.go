package system

import "dewpoint/internal/schema"

// alarmHistory declares what was wrong.
func alarmHistory() *schema.Table {
	return &schema.Table{
		Name: "alarm_history", Title: "Past alarm", ReadOnly: true, Owner: "owner", Display: "status",
		Doc: "Alarms that were lowered.",
		Fields: schema.Fields{
			schema.Uint64("alarm_raised").ReadOnly().Unit("seconds since 1970"),
			schema.Uint64("alarm_lowered").ReadOnly().Summary().Indexed().Unit("seconds since 1970"),
			schema.String("archived_by").ReadOnly().Doc("who resolved it; empty when its cause was over"),
			alarmOwner(),
			schema.TextRow("alarm_type", "alarm_types").ReadOnly().Summary(),
			alarmLevel().Summary(),
			schema.String("status").ReadOnly().Summary(),
			schema.String("alarm_id").ReadOnly(),
			schema.AnyRow("sub_owner", alarmParts...).ReadOnly().Hidden(),
			schema.Bool("standing").ReadOnly().Hidden().Indexed().Doc("resolved while its cause was still there: that alone raises no new alarm"),
		},
	}
}

// PastAlarm makes the entry of the history that an alarm becomes at a time, in seconds since 1970. Somebody who resolved it is named; else
// its cause is over.
func PastAlarm(s *schema.Schema, alarm *schema.Record, at int64, resolvedBy string) *schema.Record {
	past := schema.NewRecord(s.Table("alarm_history"))
	for _, column := range []string{"owner", "sub_owner", "alarm_type", "level", "status", "alarm_id"} {
		past.Put(column, alarm.Get(column))
	}
	past.Put("alarm_raised", alarm.Get("created"))
	past.Put("alarm_lowered", schema.IntValue(at))
	past.Put("archived_by", schema.TextValue(resolvedBy))
	past.Put("standing", schema.BoolValue(resolvedBy != ""))
	return past
}
