package tasks

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/tasks"
	"dewpoint/internal/query"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

var taskEventHooks = engine.Hooks{
	Create: prepareEvent,
	Update: func(w *engine.Inside, old *schema.Record, set schema.Set) error {
		if len(old.Changes(set)) == 0 {
			return nil
		}
		return checkEvent(w, old.With(set))
	},
	Actions: map[string]engine.Action{"trigger": func(w *engine.Inside, r *schema.Record, params schema.Set) error {
		of := tasks.TaskEventCol
		context, err := objectIn(of.Context.Name(), of.Context.Of(r))
		if err != nil {
			return err
		}
		given, err := objectIn(of.Context.Name(), params["context"])
		if err != nil {
			return err
		}
		maps.Copy(context, given)
		return execute(w, of.Task.Of(r).Text(), context)
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
func occurrenceOf(s *schema.Schema, table, event string) (o occurrence, t *schema.Table, err error) {
	if o = (occurrence{table, rowEvents[event]}); table == "alarms" && alarmEvents[event].table != "" {
		o = alarmEvents[event]
	} else if _, ok := rowEvents[event]; !ok {
		return o, nil, errs.New(errs.NotBuilt, "event_not_built", "the event %s of %s isn't supported; use one of %s, or raised or lowered of alarms",
			event, table, errs.Ours(strings.Join(slices.Sorted(maps.Keys(rowEvents)), ", "))).On("event")
	}
	if t = s.Table(table); t == nil || t.Internal || t.LogType == "task" || t.IsLog {
		return o, nil, errs.Field("table", "tasks can't watch rows of %s", table)
	}
	return o, s.Table(o.table), nil
}

func prepareEvent(w *engine.Inside, r *schema.Record) error {
	if err := checkEvent(w, r); err != nil {
		return err
	}
	last, err := w.Tx.LastChange()
	tasks.TaskEventCol.Seen.Put(r, last)
	return err
}

// checkEvent refuses what can't happen, a filter that can't be read and, as the event is looked for with the rights of the task's creator,
// other people's hands.
func checkEvent(w *engine.Inside, r *schema.Record) error {
	of := tasks.TaskEventCol
	task, err := w.Tx.Get("tasks", of.Task.Of(r))
	if err != nil {
		return err
	}
	if err := ownTask(w, task); err != nil {
		return err
	}
	if _, err := objectIn(of.Context.Name(), of.Context.Of(r)); err != nil {
		return err
	}
	o, t, err := occurrenceOf(w.Tx.Schema(), of.Table.Of(r).Text(), of.Event.Of(r).Text())
	if err != nil {
		return err
	}
	ast, err := eventFilter(of.TableEventFilters.Of(r))
	if err == nil && o.verb == store.Deleted && (ast.Filter != nil || len(ast.Equals) > 0) {
		err = errs.New(errs.Invalid, "invalid_filter", "deleted rows can't be filtered")
	}
	if err == nil {
		err = w.CheckRequest(t, ast)
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
