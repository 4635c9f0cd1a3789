package system

import "dewpoint/internal/schema"

// machineLogs declares the lines of the log that are about one machine: its VM, network or node, and what is below it.
func machineLogs() *schema.Table {
	return &schema.Table{
		Name: "machine_logs", Title: "Machine log line", IsLog: true, Samples: true, ReadOnly: true, Parent: "machine", Display: "text",
		Doc: "The lines of logs that are about a machine, its owner, its drives or its NICs. They are deleted with the machine; those in logs stay. All machines together have as many as log_lines says.",
		Fields: schema.Fields{
			schema.Row("machine", "machines").ReadOnly().Summary(),
			level().ReadOnly().Summary(),
			schema.LongText("text").ReadOnly().Summary(),
			schema.String("user").ReadOnly().Summary(),
			schema.Uint64("timestamp").ReadOnly().Indexed().Summary().Unit("microseconds since 1970"),
		},
	}
}

func level() *schema.Field {
	return schema.Enum("level", LogAudit, LogMessage, LogWarning, LogError, "critical", "summary", "debug").Default(LogMessage)
}
