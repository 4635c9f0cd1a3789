package compute

import "dewpoint/internal/schema"

// vmImportLogs declares what imports have to say.
func vmImportLogs() *schema.Table {
	return &schema.Table{
		Name: "vm_import_logs", Title: "VM import log line", IsLog: true, ReadOnly: true, Parent: "vm_import", Display: "text",
		Doc: "What VM imports report.",
		Fields: schema.Fields{
			schema.TextRow("vm_import", "vm_imports").ReadOnly().Summary(),
			schema.Enum("level", "audit", "message", "warning", "error", "critical", "summary", "debug").Default("message").ReadOnly().Summary(),
			schema.LongText("text").ReadOnly().Summary(),
			schema.Uint64("timestamp").ReadOnly().Summary().Unit("microseconds since 1970"),
			schema.Row("user", "users").ReadOnly(),
		},
	}
}
