package system

import (
	"maps"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/system"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

var alarmHooks = engine.Hooks{
	Update: updateAlarm,
	Actions: map[string]engine.Action{
		"resolve": resolveAlarm,
		"snooze":  snoozeAlarm,
		"unsnooze": func(w *engine.Inside, r *schema.Record, _ schema.Set) error {
			return snooze(w, r, 0)
		},
	},
}

// resolveAlarm moves an alarm to the history. It is raised again when its cause changes, or comes back after it was over.
func resolveAlarm(w *engine.Inside, r *schema.Record, _ schema.Set) error {
	a := store.RowOf[system.Alarm](r)
	if !a.Resolvable {
		return errs.New(errs.Conflict, "not_resolvable", "this alarm ends by itself when its cause ends: %s", a.Status)
	}
	if _, err := store.Create(w.Tx, system.PastAlarm(a, w.Tx.Now().Unix(), w.Actor.Name)); err != nil {
		return err
	}
	return w.Tx.Delete("alarms", r.Key)
}

func snoozeAlarm(w *engine.Inside, r *schema.Record, params schema.Set) error {
	now := w.Tx.Now().Unix()
	until := params["snooze"].Int()
	switch {
	case until != 0:
	case params["seconds"].Int() != 0:
		until = now + params["seconds"].Int()
	default:
		typ, err := typeOf(w, r)
		if err != nil {
			return err
		}
		until = now + typ.DefaultSnoozeSeconds
	}
	return snooze(w, r, until)
}

func snooze(w *engine.Inside, r *schema.Record, until int64) error {
	set, err := snoozed(w, r, until)
	if err != nil {
		return err
	}
	return store.Write(w.Tx, r.Key, set)
}

// updateAlarm snoozes an alarm: until a time, or while the figure that it is about stays below a threshold, or both.
func updateAlarm(w *engine.Inside, old *schema.Record, set schema.Set) error {
	of := system.AlarmCol
	until := of.Snooze.Of(old).Int()
	if v, given := of.Snooze.In(set); given {
		until = v.Int()
	}
	threshold, given := of.SnoozeThreshold.In(set)
	if threshold.Real() == 0 && given {
		set.Null(of.SnoozeThreshold)
	} else if given && threshold != of.SnoozeThreshold.Of(old) {
		typ, err := typeOf(w, old)
		if err == nil {
			err = checkSnoozeThreshold(typ, threshold.Real())
		}
		if err != nil {
			return err
		}
		if now := w.Tx.Now().Unix(); until <= now {
			until = now + typ.MaxSnoozeSeconds
		}
	}
	if until == of.Snooze.Of(old).Int() {
		return nil
	}
	snoozed, err := snoozed(w, old, until)
	maps.Copy(set, snoozed)
	return err
}

// checkSnoozeThreshold refuses a threshold at which an alarm of the type is raised anyway, or that its type doesn't let wait for.
func checkSnoozeThreshold(typ system.AlarmType, threshold float64) error {
	least, most := typ.Threshold, typ.MaxSnoozeThreshold
	switch {
	case least == 0:
		return errs.Field("snooze_threshold", "the alarm doesn't measure a value")
	case threshold <= least || threshold > most:
		return errs.Field("snooze_threshold", "must be above %g and at most %g", least, most)
	}
	return nil
}

// snoozed returns what an alarm's columns become when the caller snoozes it until then, or with 0 ends the snooze.
func snoozed(w *engine.Inside, r *schema.Record, until int64) (system.AlarmSet, error) {
	if until == 0 {
		return system.Awake(), nil
	}
	typ, err := typeOf(w, r)
	if err != nil {
		return nil, err
	}
	if most := typ.MaxSnoozeSeconds; until-w.Tx.Now().Unix() > most {
		return nil, errs.Field("snooze", "an alarm can be snoozed for %d seconds at most", most)
	}
	return system.AlarmSet{}.Snooze(until).SnoozedBy(w.Actor.Name), nil
}

// typeOf reads the type of an alarm.
func typeOf(w *engine.Inside, alarm *schema.Record) (system.AlarmType, error) {
	return store.GetRow[system.AlarmType](w.Tx, system.AlarmCol.AlarmType.Of(alarm))
}
