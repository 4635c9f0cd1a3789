package engine

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"dewpoint/internal/errs"
	"dewpoint/internal/model/tasks"
	"dewpoint/internal/perm"
	"dewpoint/internal/query"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

var taskEventHooks = hooks{
	create: prepareEvent,
	update: func(w *Write, old *schema.Record, set schema.Set) error {
		if len(old.Changes(set)) == 0 {
			return nil
		}
		return w.checkEvent(old.With(set))
	},
	actions: map[string]action{"trigger": func(w *Write, r *schema.Record, params schema.Set) error {
		context, err := objectIn("context", r.Get("context"))
		if err != nil {
			return err
		}
		given, err := objectIn("context", params["context"])
		if err != nil {
			return err
		}
		maps.Copy(context, given)
		return w.execute(r.Get("task").Text(), context)
	}},
}

// occurrence is what happens to rows of a table, as the log of changes has it.
type occurrence struct {
	table string
	verb  store.Verb
}

// rowEvents are the events of every table.
var rowEvents = map[string]store.Verb{"created": store.Created, "changed": store.Changed, "deleted": store.Deleted}

// alarmEvents are those of alarms besides: an alarm that is over stands in the history.
var alarmEvents = map[string]occurrence{"raised": {"alarms", store.Created}, "lowered": {"alarm_history", store.Created}}

// occurrenceOf tells what an event of a table is. Tables that change by the execution of tasks have none, or a task would never come to
// rest.
func (e *Engine) occurrenceOf(table, event string) (o occurrence, t *schema.Table, err error) {
	if o = (occurrence{table, rowEvents[event]}); table == "alarms" && alarmEvents[event].table != "" {
		o = alarmEvents[event]
	} else if _, ok := rowEvents[event]; !ok {
		return o, nil, errs.New(errs.NotBuilt, "event_not_built", "nothing tells of the event %s of %s; there are %s, and raised and lowered of alarms",
			event, table, errs.Ours(strings.Join(slices.Sorted(maps.Keys(rowEvents)), ", "))).On("event")
	}
	if t, err = e.served(table); err != nil || t.LogType == "task" || t.IsLog {
		return o, nil, errs.Field("table", "no task can wait for rows of %s", table)
	}
	return o, e.db.Schema.Table(o.table), nil
}

func prepareEvent(w *Write, r *schema.Record) error {
	if err := w.checkEvent(r); err != nil {
		return err
	}
	last, err := w.Tx.LastChange()
	r.Put("seen", schema.IntValue(last))
	return err
}

// checkEvent refuses what can't happen, a filter that can't be read and, as the event is looked for with the rights of the task's creator,
// other people's hands.
func (w *Write) checkEvent(r *schema.Record) error {
	task, err := w.Tx.Get("tasks", r.Get("task"))
	if err != nil {
		return err
	}
	if err := w.ownTask(task); err != nil {
		return err
	}
	if _, err := objectIn("context", r.Get("context")); err != nil {
		return err
	}
	o, t, err := w.eng.occurrenceOf(r.Get("table").Text(), r.Get("event").Text())
	if err != nil {
		return err
	}
	ast, err := eventFilter(r.Get("table_event_filters"))
	if err == nil && o.verb == store.Deleted && (ast.Filter != nil || len(ast.Equals) > 0) {
		err = errs.New(errs.Invalid, "invalid_filter", "rows that are gone can't be looked at")
	}
	if err == nil {
		_, err = w.eng.plan(w.Actor, t, ast, query.Options{})
	}
	if err != nil {
		return errs.Field("table_event_filters", "%s", errs.Ours(errs.Shown(err)))
	}
	return nil
}

// eventFilter reads table_event_filters: a filter of the query language, or an object of columns and their values.
func eventFilter(v schema.Value) (*query.AST, error) {
	r := query.Request{Fields: "$key"}
	if v.IsNull() || json.Unmarshal([]byte(v.Text()), &r.Filter) == nil {
		return query.Parse(r)
	}
	object, err := objectIn("table_event_filters", v)
	if err != nil {
		return nil, err
	}
	r.Equals = map[string]string{}
	for column, raw := range object {
		var text string
		if json.Unmarshal(raw, &text) != nil {
			text = string(raw)
		}
		if strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[") {
			return nil, errs.New(errs.Invalid, "invalid_filter", "%s must be compared with one value", column)
		}
		r.Equals[column] = text
	}
	return query.Parse(r)
}

// Happened reports whether one of the changes is what an event of a task waits for. Rows are looked at as they are now, and only those that the
// task's creator may list count. It is an error when this can't be known, as when the creator's account is closed.
func (e *Engine) Happened(ctx context.Context, event tasks.TaskEvent, changes []store.Logged) (bool, error) {
	o, t, err := e.occurrenceOf(event.Table, event.Event)
	if err != nil {
		return false, err
	}
	var keys []schema.Value
	for _, c := range changes {
		if c.Table == t && c.Verb == o.verb {
			keys = append(keys, c.Key)
		}
	}
	if len(keys) == 0 {
		return false, nil
	}
	var creator perm.Actor
	err = e.db.View(ctx, func(tx *store.Tx) error {
		task, err := tx.Get("tasks", schema.IntValue(event.Task))
		if err == nil {
			creator, err = creatorOf(tx, task)
		}
		return err
	})
	if err != nil {
		return false, err
	}
	if o.verb == store.Deleted {
		return perm.HoldsAll(creator, perm.List, t), nil
	}
	return e.anyMeets(ctx, creator, t, schema.TextValue(event.TableEventFilters), keys)
}

// anyMeets reports whether one of the rows with the keys meets an event's filter, and may be listed by the actor.
func (e *Engine) anyMeets(ctx context.Context, a perm.Actor, t *schema.Table, filter schema.Value, keys []schema.Value) (found bool, err error) {
	if filter.Text() == "" {
		filter = schema.Value{}
	}
	ast, err := eventFilter(filter)
	if err != nil {
		return false, err
	}
	q, err := e.statement(a, func() (*query.Plan, error) {
		plan, err := e.plan(a, t, ast, query.Options{})
		if err == nil {
			plan.Among(keys)
		}
		return plan, err
	})
	if err != nil {
		return false, err
	}
	err = e.db.Each(ctx, q, func(json.RawMessage, string) error {
		found = true
		return nil
	})
	return found, err
}
