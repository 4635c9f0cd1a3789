package system

import "dewpoint/internal/schema"

// alarmParts lists the tables that hold the part of its owner which an alarm is about.
var alarmParts = []string{"machine_drives", "machine_nics", "machine_devices", "smtp_settings", "storage_tiers", "quarantine"}

// alarmOwner is the row that an alarm is about.
func alarmOwner() *schema.Field {
	return schema.AnyRow("owner", "vms", "vnets", "tenant_nodes", "nodes", "users", "system", "cloud_snapshots").ReadOnly().Summary()
}

// alarms declares what is wrong now.
func alarms() *schema.Table {
	return &schema.Table{
		Name: "alarms", Title: "Alarm", LogType: "system", NoCreate: true, Owner: "owner", Display: "status",
		Doc:         "What is wrong now. The alarm controller raises alarms and lowers them when what they are about is over; then they go to alarm_history.",
		ActionTable: "alarm_actions", ActionRef: "alarm", Actions: alarmActions(),
		Fields: schema.Fields{
			alarmOwner(),
			schema.Enum("owner_type", "vms", "vnets", "tenant_nodes", "nodes", "users", "system", "cloud_snapshots").ReadOnly(),
			schema.AnyRow("sub_owner", alarmParts...).ReadOnly(),
			schema.Enum("sub_owner_type", alarmParts...).ReadOnly(),
			schema.TextRow("alarm_type", "alarm_types").ReadOnly().Summary(),
			alarmLevel().Summary(),
			schema.String("status").ReadOnly().Summary().Doc("what is wrong, in words"),
			schema.String("alarm_id").ReadOnly().Doc("eight digits that name it, in the history too"),
			schema.Bool("resolvable").ReadOnly().Doc("the action resolve takes it away; others go when their cause does"),
			schema.String("resolve_text").ReadOnly().Doc("what resolving it means"),
			schema.String("resolve_action").ReadOnly(),
			schema.Created("created").Summary(),
			schema.Modified("modified"),
			schema.Uint64("snooze").Default(0).Summary().Unit("seconds since 1970").Doc("until when nobody wants to hear of it; 0: it isn't snoozed"),
			schema.String("snoozed_by").ReadOnly(),
			schema.Num("snooze_threshold").Doc("ends the snooze when the figure that the alarm is about reaches it; an alarm that isn't snoozed yet is then snoozed for as long as its type lets"),
			schema.Uint64("expires").ReadOnly().Default(0).Doc("0: it stays until its cause is gone"),
		},
	}
}

func alarmActions() schema.Actions {
	return schema.Actions{
		{Name: "resolve", Doc: "take the alarm away, until its cause changes or comes back"},
		{
			Name: "snooze", Doc: "hear nothing of it for a while: until a time, for some seconds, or as long as its type says",
			Params: schema.Fields{schema.Uint64("snooze").Unit("seconds since 1970"), schema.Uint64("seconds").Range(1, 1<<31)},
		},
		{Name: "unsnooze", Doc: "hear of it again"},
	}
}

// Awake returns the columns of an alarm that nobody snoozes.
func Awake() AlarmSet {
	return AlarmSet{}.Snooze(0).Null(AlarmCol.SnoozedBy, AlarmCol.SnoozeThreshold)
}
