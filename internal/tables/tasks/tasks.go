package tasks

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"maps"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/tasks"
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/internal/tables/bounds"
)

var taskHooks = engine.Hooks{
	Create: prepareTask,
	Update: func(w *engine.Inside, old *schema.Record, set schema.Set) error {
		args, given := tasks.TaskCol.SettingsArgs.In(set)
		if given && args != tasks.TaskCol.SettingsArgs.Of(old) {
			if err := ownTask(w, old); err != nil {
				return err
			}
		}
		_, err := objectIn(tasks.TaskCol.SettingsArgs.Name(), args)
		return err
	},
	Actions: map[string]engine.Action{
		"execute": executeTask,
		"cancel": func(_ *engine.Inside, r *schema.Record, _ schema.Set) error {
			return errs.New(errs.Conflict, "task_idle", "task %q isn't running", tasks.TaskCol.Name.Of(r).Text())
		},
		"enable": func(w *engine.Inside, r *schema.Record, _ schema.Set) error {
			return store.Write(w.Tx, r.Key, tasks.TaskSet{}.Enabled(true))
		},
		"disable": func(w *engine.Inside, r *schema.Record, _ schema.Set) error {
			return store.Write(w.Tx, r.Key, tasks.TaskSet{}.Enabled(false))
		},
	},
}

// prepareTask takes only what could be executed: an action that the owner's table has, on a row that the maker may do it to.
func prepareTask(w *engine.Inside, r *schema.Record) error {
	of := tasks.TaskCol
	t, key := of.Owner.Target(w.Tx.Schema(), r)
	if t == nil || t == r.Table {
		return errs.Field("owner", "tasks can't act on %s", of.Owner.Of(r).Text())
	}
	if given := of.Table.Of(r).Text(); given != "" && given != t.Name {
		return errs.Field("table", "must be %s, the owner's table", t.Name)
	}
	a, err := taskAction(t, of.Action.Of(r).Text())
	if err != nil {
		return err
	}
	if _, err := objectIn(of.SettingsArgs.Name(), of.SettingsArgs.Of(r)); err != nil {
		return err
	}
	owner, err := w.Tx.Get(t.Name, key)
	if err != nil {
		return err
	}
	if err := perm.Check(w.Tx, w.Actor, perm.Modify, owner); err != nil {
		return err
	}
	if t.Name == "users" { // a schedule does it without the key that made the task
		if err := bounds.NotByAPIKey(w, owner, "by a task what belongs to the login"); err != nil {
			return err
		}
		if err := bounds.MayOutlast(w, "have a task change how others sign in"); err != nil {
			return err
		}
	}
	id := make([]byte, 20)
	rand.Read(id)
	of.ID.Put(r, hex.EncodeToString(id))
	of.Table.Put(r, t.Name)
	of.ActionDisplay.Put(r, a.Doc)
	return nil
}

// taskAction finds an action that can be done to rows of t.
func taskAction(t *schema.Table, name string) (schema.Action, error) {
	a, ok := t.Actions.Find(name)
	if !ok {
		return a, errs.Field("action", "%s have no action %s", t.Name, name).Coded("no_action")
	}
	if a.NotBuilt != "" {
		return a, errs.New(errs.NotBuilt, "not_built", "%s: %s", name, errs.Ours(a.NotBuilt)).On("action")
	}
	return a, nil
}

// objectIn reads a column that has to hold an object, or nothing.
func objectIn(column string, v schema.Value) (schema.Input, error) {
	object := schema.Input{}
	if v.IsNull() {
		return object, nil
	}
	if err := json.Unmarshal([]byte(v.Text()), &object); err != nil {
		return nil, errs.Field(column, "must be an object")
	}
	return object, nil
}

// ownTask refuses the change of what is done with the rights of a task's creator, unless that is the caller.
func ownTask(w *engine.Inside, task *schema.Record) error {
	if w.Actor.Admin || w.Actor.User != 0 && tasks.TaskCol.Creator.Of(task).Text() == creatorPath(w.Actor) {
		return nil
	}
	return errs.New(errs.Denied, "denied", "task %q runs with its creator's rights; only the creator or an administrator can change this", tasks.TaskCol.Name.Of(task).Text())
}

// creatorPath is the user as tasks name their creator.
func creatorPath(a perm.Actor) string { return "users/" + schema.IntValue(a.User).Text() }

// executeTask does the task's action in the caller's name. Actions only note a wish, which controllers carry out: the task is idle again at
// once.
func executeTask(w *engine.Inside, r *schema.Record, _ schema.Set) error {
	task := store.RowOf[tasks.Task](r)
	if !task.Enabled {
		return errs.New(errs.Conflict, "task_disabled", "task %q is disabled; enable it first", task.Name)
	}
	params, err := objectIn(tasks.TaskCol.SettingsArgs.Name(), tasks.TaskCol.SettingsArgs.Of(r))
	if err != nil {
		return err
	}
	maps.Copy(params, w.Given)
	t, key := tasks.TaskCol.Owner.Target(w.Tx.Schema(), r)
	if t == nil {
		return errs.New(errs.Conflict, "no_owner", "task %q has no row to act on", task.Name)
	}
	if err := w.Act(t.Name, key.Text(), task.Action, params); err != nil {
		return err
	}
	if task.DeleteAfterRun {
		return w.Tx.Delete("tasks", r.Key)
	}
	return store.Write(w.Tx, task.Key, tasks.TaskSet{}.LastRun(w.Tx.Now().Unix()).Status("idle").StatusInfo(""))
}
