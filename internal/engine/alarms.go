package engine

import (
	"dewpoint/internal/errs"
	"dewpoint/internal/model"
	"dewpoint/internal/schema"
)

var alarmHooks = hooks{
	update: func(w *Write, old *schema.Record, set schema.Set) error {
		until, given := set["snooze"]
		if !given || until == old.Get("snooze") {
			return nil
		}
		who, err := w.snoozer(old, until.Int())
		set["snoozed_by"] = who
		return err
	},
	actions: map[string]action{
		"resolve": resolveAlarm,
		"snooze":  snoozeAlarm,
		"unsnooze": func(w *Write, r *schema.Record, _ schema.Set) error {
			return w.snooze(r, 0)
		},
	},
}

// resolveAlarm moves an alarm to the history. It is raised again when its cause changes, or comes back after it was over.
func resolveAlarm(w *Write, r *schema.Record, _ schema.Set) error {
	if !r.Get("resolvable").Bool() {
		return errs.New(errs.Conflict, "not_resolvable", "this alarm goes away by itself when its cause is over: %s", r.Get("status").Text())
	}
	if _, err := w.Tx.Create(model.PastAlarm(w.Tx.Schema(), r, w.Tx.Now().Unix(), w.Actor.Name), nil); err != nil {
		return err
	}
	return w.Tx.Delete("alarms", r.Key)
}

func snoozeAlarm(w *Write, r *schema.Record, params schema.Set) error {
	now := w.Tx.Now().Unix()
	until := params["snooze"].Int()
	switch {
	case until != 0:
	case params["seconds"].Int() != 0:
		until = now + params["seconds"].Int()
	default:
		typ, err := w.Tx.Get("alarm_types", r.Get("alarm_type"))
		if err != nil {
			return err
		}
		until = now + typ.Get("default_snooze_seconds").Int()
	}
	return w.snooze(r, until)
}

func (w *Write) snooze(r *schema.Record, until int64) error {
	who, err := w.snoozer(r, until)
	if err != nil {
		return err
	}
	return w.Tx.Change("alarms", r.Key, schema.Set{"snooze": schema.IntValue(until), "snoozed_by": who})
}

// snoozer checks that an alarm can be snoozed until then and returns what stands in snoozed_by: the caller, or nobody for no snooze.
func (w *Write) snoozer(r *schema.Record, until int64) (schema.Value, error) {
	if until == 0 {
		return schema.Value{}, nil
	}
	typ, err := w.Tx.Get("alarm_types", r.Get("alarm_type"))
	if err != nil {
		return schema.Value{}, err
	}
	if most := typ.Get("max_snooze_seconds").Int(); until-w.Tx.Now().Unix() > most {
		return schema.Value{}, errs.Field("snooze", "an alarm can be snoozed for %d seconds at most", most)
	}
	return schema.TextValue(w.Actor.Name), nil
}
