package matrix_test

import (
	"net/http"

	"dewpoint/internal/perm"
)

// kind is what an operation does to its object; the right that it takes follows from it and from nothing else.
type kind string

const (
	lists    kind = "list"    // shows the rows that may be listed; never refused
	reads    kind = "read"    // shows one row, or its bytes
	creates  kind = "create"  // makes a row
	modifies kind = "modify"  // changes a row or acts on it
	rewrites kind = "rewrite" // changes a row by a body that is held against what there is, and shows it
	deletes  kind = "delete"
	drops    kind = "drop"   // deletes a part of a row, which is found by what the row has
	admins   kind = "admin"  // is for administrators
	own      kind = "own"    // is about what belongs to the caller: to others it isn't there, whatever they hold
	anybody  kind = "anyone" // asks for no right
)

// rules has the rights that each kind takes on a row that is seen.
var rules = map[kind]perm.Rights{
	reads: perm.RightsOf(perm.Read), modifies: perm.RightsOf(perm.Modify), deletes: perm.RightsOf(perm.Delete), drops: perm.RightsOf(perm.Read, perm.Delete),
	rewrites: perm.RightsOf(perm.Read, perm.Modify),
}

// allowed stands for every status of an operation that was let through.
const allowed = 0

// exceptions are the operations that ask for more than a right, by the beginning of their names: what somebody gets whom the rules would let
// through.
var exceptions = []struct {
	operation string
	status    int
	why       string
	// everything reports that holding the right on everything is enough.
	everything bool
}{
	{"POST /api/v1/auth/login", http.StatusUnauthorized, "the password is wrong", false},
	{"POST /api/sys/tokens", http.StatusUnauthorized, "the password is wrong", false},
	{"POST /api/v1/virtualization/computes/{id}/template", http.StatusForbidden, "it takes create on templates", false},
	{"POST /api/v1/virtualization/virtualmachines/{id}/template", http.StatusForbidden, "it takes create on templates", false},
	{"POST /api/v4/vm_actions clone", http.StatusForbidden, "it takes create on VMs", false},
	{"POST /api/v1/virtualization/computes/{id}/clone", http.StatusForbidden, "it takes create on VMs", false},
	{"POST /api/v1/virtualization/virtualmachines/{id}/clone", http.StatusForbidden, "it takes create on VMs", false},
	{"POST /api/v4/vm_imports", http.StatusForbidden, "it takes create on VMs", true},
	{"POST /api/v1/virtualization/computes/import", http.StatusForbidden, "it takes create on VMs", true},
	{"POST /api/v1/virtualization/virtualmachines/import", http.StatusForbidden, "it takes create on VMs", true},
	{"POST /api/v4/vm_actions export", http.StatusForbidden, "it takes create on files", false},
	{"POST /api/v4/vm_actions release", http.StatusForbidden, "what it makes is out of all rights here: administrators only", false},
	{"POST /api/v1/virtualization/computes/{id}/export", http.StatusForbidden, "it takes create on files", false},
	{"POST /api/v1/virtualization/virtualmachines/{id}/export", http.StatusForbidden, "it takes create on files", false},
	{"POST /api/v4/snapshot_profile_actions delete", http.StatusForbidden, "it takes the right to delete", false},
	{"POST /api/v4/snapshot_profile_actions/delete", http.StatusForbidden, "it takes the right to delete", false},
	{"PUT /api/v4/snapshot_profiles/{key}/delete", http.StatusForbidden, "it takes the right to delete", false},
	{"POST /api/v4/snapshot_profiles/{key}/delete", http.StatusForbidden, "it takes the right to delete", false},
	{"PUT /api/v4/snapshot_profiles/{key}?action=delete", http.StatusForbidden, "it takes the right to delete", false},
	{"POST /api/v1/virtualization/computes/clone", http.StatusForbidden, "it takes create on VMs", false},
	{"POST /api/v1/virtualization/virtualmachines/clone", http.StatusForbidden, "it takes create on VMs", false},
	{"PUT /api/v4/auth_sources/{key}", http.StatusForbidden, "who decides about passwords decides about everybody: administrators only", false},
	{"POST /api/v4/auth_sources", http.StatusForbidden, "administrators only", false},
	{"DELETE /api/v4/auth_sources/{key}", http.StatusForbidden, "administrators only", false},
	{"POST /api/v4/user_actions/enable", http.StatusForbidden, "accounts are opened and closed by administrators", false},
	{"POST /api/v4/user_actions enable", http.StatusForbidden, "accounts are opened and closed by administrators", false},
	{"POST /api/v4/user_actions disable", http.StatusForbidden, "accounts are opened and closed by administrators", false},
	{"PUT /api/v4/users/{key}/enable", http.StatusForbidden, "accounts are opened and closed by administrators", false},
	{"POST /api/v4/users/{key}/enable", http.StatusForbidden, "accounts are opened and closed by administrators", false},
	{"PUT /api/v4/users/{key}?action=enable", http.StatusForbidden, "accounts are opened and closed by administrators", false},
	{"POST /api/v4/user_actions two_factor_setup", http.StatusForbidden, "a second factor is its owner's", false},
	{"POST /api/v4/user_actions two_factor_confirm", http.StatusForbidden, "a second factor is its owner's", false},
	{"PUT /api/v4/task_events/{key}", http.StatusForbidden, "the task works with the rights of its creator, here an administrator", false},
	{"POST /api/v4/task_events", http.StatusForbidden, "the task works with the rights of its creator, here an administrator", false},
	{"POST /api/v4/quarantine_actions restore", http.StatusForbidden, "it takes create on files", false},
	{"POST /api/v4/quarantine_actions/restore", http.StatusForbidden, "it takes create on files", false},
	{"PUT /api/v4/quarantine/{key}/restore", http.StatusForbidden, "it takes create on files", false},
	{"POST /api/v4/quarantine/{key}/restore", http.StatusForbidden, "it takes create on files", false},
	{"PUT /api/v4/quarantine/{key}?action=restore", http.StatusForbidden, "it takes create on files", false},
	{"POST /api/v4/system_actions backup", http.StatusForbidden, "a backup holds all secrets: administrators only", false},
	{"POST /api/v4/system_actions/backup", http.StatusForbidden, "a backup holds all secrets: administrators only", false},
	{"PUT /api/v4/system/{key}/backup", http.StatusForbidden, "a backup holds all secrets: administrators only", false},
	{"POST /api/v4/system/{key}/backup", http.StatusForbidden, "a backup holds all secrets: administrators only", false},
	{"PUT /api/v4/system/{key}?action=backup", http.StatusForbidden, "a backup holds all secrets: administrators only", false},
	{"POST /api/v4/task_schedule_trigger_actions trigger", http.StatusForbidden, "it takes the right to execute the task", true},
	{"POST /api/v4/task_schedule_trigger_actions/trigger", http.StatusForbidden, "it takes the right to execute the task", true},
	{"PUT /api/v4/task_schedule_triggers/{key}/trigger", http.StatusForbidden, "it takes the right to execute the task", true},
	{"POST /api/v4/task_schedule_triggers/{key}/trigger", http.StatusForbidden, "it takes the right to execute the task", true},
	{"PUT /api/v4/task_schedule_triggers/{key}?action=trigger", http.StatusForbidden, "it takes the right to execute the task", true},
	{"POST /api/v4/task_event_actions trigger", http.StatusForbidden, "it takes the right to execute the task", true},
	{"POST /api/v4/task_event_actions/trigger", http.StatusForbidden, "it takes the right to execute the task", true},
	{"PUT /api/v4/task_events/{key}/trigger", http.StatusForbidden, "it takes the right to execute the task", true},
	{"POST /api/v4/task_events/{key}/trigger", http.StatusForbidden, "it takes the right to execute the task", true},
	{"PUT /api/v4/task_events/{key}?action=trigger", http.StatusForbidden, "it takes the right to execute the task", true},
}

// closed are the tables that are for administrators, whatever is granted to others: to those no row of them is there.
var closed = map[string]string{
	"database_backups": "a backup holds all secrets of all users",
}

// dueOnClosed is the status of an operation on such a table.
func dueOnClosed(k kind) int {
	switch k {
	case lists:
		return allowed
	case creates:
		return http.StatusForbidden
	}
	return http.StatusNotFound
}

// exception is what is due instead of letting an operation through.
func exception(operation, scope string) int {
	for _, e := range exceptions {
		if e.operation == operation && !(e.everything && scope == "all") {
			return e.status
		}
	}
	return allowed
}

// due is the status of an operation for somebody with the rights on its row; for creates, on the table or the parent.
func due(k kind, held perm.Rights) int {
	switch k {
	case lists, anybody:
		return allowed
	case admins:
		return http.StatusForbidden
	case own:
		return http.StatusNotFound
	case creates:
		if held.Has(perm.Create) {
			return allowed
		}
		return http.StatusForbidden
	}
	switch need := rules[k]; {
	case !held.Has(perm.List) && !held.Has(perm.Read):
		return http.StatusNotFound
	case held&need != need:
		return http.StatusForbidden
	}
	return allowed
}
