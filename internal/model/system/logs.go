package system

import "dewpoint/internal/schema"

// The levels of lines that the program writes.
const (
	LogAudit   = "audit" // somebody changed something
	LogMessage = "message"
	LogWarning = "warning"
	LogError   = "error"
)

// The settings that bound the logs, and what they are at first.
const (
	LogDaysSetting  = "log_days"
	LogDays         = 365
	LogLinesSetting = "log_lines"
	LogLines        = 1_000_000
)

// logs declares the log of changes: who did what, from where.
func logs() *schema.Table {
	return &schema.Table{
		Name: "logs", Title: "Log line", IsLog: true, ReadOnly: true, Display: "text",
		Doc: "All changes: who made them, to which row, from which address. The settings log_days and log_lines say for how long lines are kept, and how many.",
		Fields: schema.Fields{
			level().ReadOnly().Summary(),
			schema.LongText("text").ReadOnly().Summary(),
			schema.CreatedMicros("timestamp").Summary().Indexed(),
			schema.String("user").ReadOnly().Summary(),
			schema.Enum("object_type", "catalog_repository", "cloud_snapshots", "cluster", "file", "group", "node", "oidc_application", "other", "permission",
				"service_container", "smtp", "tenant", "updates", "user", "vm", "vm_service", "vm_import", "vmware_container", "vnet", "site", "system",
				"snapshot_profile", "import_export", "task").Labels("vm", "VM", "smtp", "SMTP").ReadOnly().Summary(),
			schema.String("object_name").ReadOnly().Summary(),
			schema.AnyRow("object").AnyTable().Remembers().ReadOnly().Argument().Doc("the row, as table/key"),
			schema.String("address").ReadOnly().Argument().Doc("the client's address"),
			schema.String("request").ReadOnly().Argument().Doc("the request id"),
		},
	}
}
