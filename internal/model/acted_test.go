package model

import (
	"slices"
	"testing"
)

// TestActionsOfTasks: a table with actions is one that tasks can do them to, or it stands here with the reason.
func TestActionsOfTasks(t *testing.T) {
	t.Parallel()
	without := map[string]string{
		"tasks":             "a task that executes tasks could execute itself",
		"machine_console":   "its actions are about connections, which come and go",
		"snapshot_profiles": "their one action deletes them",
		"foreign_domains":   "each can be adopted once",
	}
	s := Schema()
	taskOwners, operated := s.Table("tasks").Field("owner").Among, s.Table("operations").Field("object").Among
	for _, table := range s.Tables() {
		if named := slices.Contains(taskOwners, table.Name); table.ActionTable != "" && named != (without[table.Name] == "") {
			t.Errorf("%s has actions: name it in taskOwners, or say here why no task can do them", table.Name)
		}
		for _, a := range table.Actions {
			if a.Operation != "" && !slices.Contains(operated, table.Name) {
				t.Errorf("the action %s of %s begins an operation: name the table in operated", a.Name, table.Name)
			}
		}
	}
}
