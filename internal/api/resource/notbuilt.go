package resource

import (
	"strings"

	"dewpoint/internal/errs"
)

// absence is something that the contract knows and Dewpoint doesn't have.
type absence struct {
	path    string // below Prefix; {} stands for one segment
	what    string // it is called
	instead string // where the same, or most of it, can be had today; "" when nowhere
	engine  string // code of the 503 where it is the engine that is absent; "" when it isn't built
}

// Codes of engines that are absent, for which the original UI has pages.
const (
	noRuntime = "no_runtime_available"
	noDocker  = "docker_error"
	noCluster = "not_implemented"
)

var absences = []absence{
	{"/auth/challenge", "login by SSH challenge", "log in with a password at " + Prefix + "/auth/login", ""},
	{"/auth/users/{}/keys", "the list of SSH keys", "", ""},
	{"/virtualization/computes/backups", "backups", "", ""},
	{"/virtualization/computes/restore", "backups", "", ""},
	{"/virtualization/computes/{}/backups", "backups", "", ""},
	{"/virtualization/computes/{}/migrate", "migration", "", ""},
	{"/virtualization/computes/{}/migration", "migration", "", ""},
	{"/virtualization/storages", "storage pools", "the table API has tiers at /api/v4/storage_tiers and /api/v4/cluster_tiers; disks name them default, or tier1 to tier5", ""},
	{"/virtualization/volumes", "volumes", "a VM's disks are in storage.disks of the VM, and the table API has all of them at /api/v4/machine_drives", ""},
	{"/system", "the host's system facts", "the table API has them at /api/v4/nodes", ""},
	{"/network", "the host's network", "", ""},
	{"/storage", "the host's storage", "the table API has what Dewpoint uses of it at /api/v4/storage_tiers and /api/v4/cluster_tiers", ""},
	{"/users", "the host's users", "the table API has Dewpoint's own accounts at /api/v4/users", ""},
	{"/logs", "the host's logs", "the table API has Dewpoint's own log at /api/v4/logs", ""},
	{"/terminal", "terminals", "", ""},
	{"/docker", "Docker", "", noDocker},
	{"/containers", "a container runtime", "", noRuntime},
	{"/images", "a container runtime", "", noRuntime},
	{"/kubernetes", "a Kubernetes cluster", "", noCluster},
	{"/helm", "a Kubernetes cluster", "", noCluster},
	{"/ansible", "Ansible", "", ""},
}

// find returns what a path below Prefix is of, nil when the contract doesn't know it.
func find(list []absence, path string) *absence {
	for i := range list {
		if below(path, list[i].path) {
			return &list[i]
		}
	}
	return nil
}

// err tells that it isn't there, and where else it is.
func (a *absence) err() error {
	end := ""
	if a.instead != "" {
		end = "; " + a.instead
	}
	if a.engine != "" {
		return errs.New(errs.Unavailable, a.engine, "this server doesn't use %s yet%s", errs.Ours(a.what), errs.Ours(end))
	}
	return errs.New(errs.NotBuilt, "not_built", "Dewpoint doesn't have %s in this API yet%s", errs.Ours(a.what), errs.Ours(end))
}

// below reports whether a path is the pattern or lies under it.
func below(path, pattern string) bool {
	have, want := strings.Split(path, "/"), strings.Split(pattern, "/")
	if len(have) < len(want) {
		return false
	}
	for i := range want {
		if want[i] != "{}" && want[i] != have[i] {
			return false
		}
	}
	return true
}
